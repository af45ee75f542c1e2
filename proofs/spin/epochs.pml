/*
 * Claim: there is always one list key, which every member has or is handed; nobody of the list is ever unable to read a post of their
 * time, and no post is lost without a word, whoever is offline, whichever owner is first, and whoever joins meanwhile.
 * Leaves out: who may have a key (claims/epochs.mjs); grace (there is none after an epoch); a server that cheats.
 *
 * Two owners make list keys, at most two after the first. Ann and Carol take their mail whenever they are there, in any order;
 * Carol joins at some time, with an invitation from the first epoch. Each writes a letter, under the key that she knows then.
 */
#define KEYS 3
#define ANN 0
#define CAROL 1
#ifdef ANY_OWNER
#define fits(o) (step[o].seen == head)
#else
#ifdef NO_HEAD
#define fits(o) (step[o].replaces == current)
#else
#define fits(o) (step[o].replaces == current && step[o].seen == head)
#endif
#endif
#define at(m, k) ((m) * KEYS + (k))

byte current, made, head, posts, lateFor;
byte serial[KEYS];        /* of the notice that brings a key */
bool member[2];
bool has[6], waits[6];    /* a member has a key; the server, or her mailbox, has its notice for her */
bool due[6];              /* she was a member when a post was taken under it */
byte uses[2], taken[2];   /* the key that she seals with, and the serial that brought it */
bool wrote[2], resent[2], lost[2], asked[2];

typedef Run { bool on; byte key, replaces, seen; bool carol }
Run step[2];
byte knows[2];            /* the key of today, as an owner knows it */

inline changes(o) {
  current = step[o].key;
  waits[at(ANN, current)] = true;
  if
#ifdef HALF
  :: step[o].carol -> printf("> owner %d is interrupted before Carol's packet is there\n", o)
#endif
  :: step[o].carol -> waits[at(CAROL, current)] = true
  :: else
  fi;
  printf("> the list has key %d, by owner %d\n", current, o);
  head++;
  knows[o] = current
}

/* A letter reaches the server under key k. */
inline arrives(m, k) {
  if
  :: k == current ->
     due[at(ANN, k)] = true;
     if
     :: member[CAROL] -> due[at(CAROL, k)] = true
     :: else
     fi;
     asked[m] = false; posts++; printf("> member %d posts under key %d\n", m, k)
  :: else -> /* she is answered, and the notice comes with it */
#ifdef NO_ANSWER
     lost[m] = true; printf("> the letter of member %d is dropped\n", m)
#else
     if
     :: resent[m] -> asked[m] = false /* told in words: she sends it herself */
     :: else -> asked[m] = true
     fi
#endif
  fi
}

active proctype World() {
  byte o, m, k;
  member[ANN] = true; has[at(ANN, 0)] = true; has[at(CAROL, 0)] = true;
  do
  :: atomic { made < KEYS - 1 -> /* an owner follows the record, and makes a key for its members */
       select(o : 0 .. 1);
       if
       :: !step[o].on ->
          made++; step[o].on = true; step[o].key = made; step[o].replaces = knows[o]; step[o].seen = head;
          step[o].carol = member[CAROL]; serial[made] = serial[knows[o]] + 1
       :: else
       fi }
  :: atomic { step[0].on || step[1].on -> /* all of the notice is with the server: it changes over, or refuses */
       if
       :: step[0].on -> o = 0
       :: step[1].on -> o = 1
       fi;
       step[o].on = false;
       if
       :: fits(o) -> changes(o)
       :: else -> knows[o] = current; printf("> owner %d is refused, and takes key %d\n", o, current)
       fi }
  :: atomic { !member[CAROL] -> member[CAROL] = true; head++; lateFor = current;
       printf("> Carol joins in the epoch of key %d\n", current) }
  :: atomic { lateFor != 0 -> /* an owner sees in the record that she joined with a former key, and tells her today's */
       waits[at(CAROL, current)] = true; waits[at(CAROL, lateFor)] = true; lateFor = 0 }
  :: atomic { /* somebody is there, and takes a notice */
       select(m : 0 .. 1); select(k : 1 .. KEYS - 1);
       if
       :: waits[at(m, k)] && !has[at(m, k)] ->
          has[at(m, k)] = true;
          if
          :: serial[k] > taken[m] -> taken[m] = serial[k]; uses[m] = k
          :: else /* for old mail alone */
          fi
       :: else
       fi }
  :: atomic { (!wrote[ANN]) || (member[CAROL] && !wrote[CAROL]) ->
       if
       :: !wrote[ANN] -> m = ANN
       :: member[CAROL] && !wrote[CAROL] -> m = CAROL
       fi;
       wrote[m] = true; arrives(m, uses[m]) }
  :: atomic { asked[ANN] && uses[ANN] == current || asked[CAROL] && uses[CAROL] == current ->
       if
       :: asked[ANN] && uses[ANN] == current -> m = ANN
       :: asked[CAROL] && uses[CAROL] == current -> m = CAROL
       fi;
       resent[m] = true; arrives(m, uses[m]); printf("> sealed again by itself, by member %d\n", m) }
  :: atomic { wrote[ANN] && wrote[CAROL] && made == KEYS - 1 && !step[0].on && !step[1].on && lateFor == 0 &&
       (has[at(ANN, 1)] || !waits[at(ANN, 1)]) && (has[at(ANN, 2)] || !waits[at(ANN, 2)]) &&
       (has[at(CAROL, 1)] || !waits[at(CAROL, 1)]) && (has[at(CAROL, 2)] || !waits[at(CAROL, 2)]) &&
       !(asked[ANN] && uses[ANN] == current) && !(asked[CAROL] && uses[CAROL] == current) -> break }
  od;
#ifdef WORKS
  assert(!(current == 2 && resent[CAROL] && due[at(CAROL, 2)] && has[at(CAROL, 2)]));
#else
  /* everybody has today's key and seals with it */
  assert(has[at(ANN, current)] && uses[ANN] == current);
  assert(has[at(CAROL, current)] && uses[CAROL] == current);
  /* and has every key of a post of their time */
  for (k : 0 .. KEYS - 1) {
    assert(!due[at(ANN, k)] || has[at(ANN, k)]);
    assert(!due[at(CAROL, k)] || has[at(CAROL, k)])
  }
  /* no letter waits for ever, and none is gone without a word */
  assert(!lost[ANN] && !lost[CAROL] && !asked[ANN] && !asked[CAROL])
#endif
}
