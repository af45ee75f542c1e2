/*
 * Claim: a captured post, sent to the same list again, never reaches somebody who joined after it was first taken.
 * Leaves out: everything but time, membership and the server's memory; cryptography is perfect, two posts, six days.
 *
 * Mallory owns the wire and keeps every post. She joins and leaves twice at most, and keeps the list key.
 * Dates are days; a post may be W days old and dated F days ahead (F stands for the ten minutes of the real rule).
 */
#define POSTS 2
#define W 2
#define F 1
#define END 5

byte now, joins;
bool member;

typedef Post {
  bool sent, taken, remembered;
  bool memberThen; /* was Mallory a member when the server first took it? */
  byte date, until
}
Post post[POSTS];

/* The server gets post i, from its author or from Mallory. */
inline arrives(i) {
  d_step {
    if
    :: post[i].remembered && now > post[i].until -> post[i].remembered = false /* forgotten, to keep the store small */
    :: else
    fi;
    if
#ifdef NO_WINDOW
    :: !post[i].remembered
#else
    :: !post[i].remembered && now <= post[i].date + W && post[i].date <= now + F
#endif
       -> printf("> day %d: post %d, dated %d, is taken; Mallory is a member: %d\n", now, i, post[i].date, member);
#ifndef NO_CACHE
       post[i].remembered = true;
#endif
#ifdef BY_ARRIVAL
       post[i].until = now + W;
#else
       post[i].until = post[i].date + W;
#endif
       if
       :: !post[i].taken -> post[i].taken = true; post[i].memberThen = member
       :: else
       fi;
#ifdef WORKS
       assert(!member);
#else
       assert(!member || post[i].memberThen);
#endif
    :: else
    fi
  }
}

active proctype World() {
  byte i;
  do
  :: now < END -> now++
  :: !member && joins < 2 -> member = true; joins++; printf("> day %d: Mallory joins\n", now)
  :: member -> member = false; printf("> day %d: Mallory is removed\n", now)
  :: atomic {
       select(i : 0 .. POSTS - 1);
       if
       :: !post[i].sent ->
          post[i].sent = true;
          if
          :: post[i].date = now
          :: post[i].date = now + F
          fi
       :: else /* Mallory sends what she kept */
       fi;
       arrives(i)
     }
  od
}
