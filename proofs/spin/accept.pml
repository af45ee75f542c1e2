/*
 * Claim: once the server has said 250 to Alice's post, the post is queued for all members with Alice in From, whatever
 * an attacker sent before it and wherever the server was interrupted.
 * Leaves out: an attacker who never lets the post through; one post only.
 *
 * The attacker captured the post on its way and is faster: it sends the outer seal with a junk body, or the whole post
 * under a From of its own. The sender's mail server tries again until it gets an answer.
 */
mtype = { alice, mallory, nobody };

bool remembered, queued, answered;
mtype copiesFrom = nobody;
byte attempts, crashes;

/* Returns through `answered`: 250, or nothing (refused, or interrupted). */
inline takes(junk, from) {
  answered = false;
  if
#ifdef CACHE_FIRST
  :: remembered -> answered = true
  :: !remembered -> remembered = true; printf("> remembered before the checks\n")
#else
  :: true
#endif
  fi;
  if
  :: answered
#ifndef ANY_FROM
  :: !answered && from != alice -> printf("> refused: From is not the signer's\n")
#endif
  :: !answered && junk -> printf("> refused: the body is not the signed one\n")
#ifdef ANY_FROM
  :: !answered && !junk ->
#else
  :: !answered && !junk && from == alice ->
#endif
     if
#ifndef CACHE_FIRST
     :: remembered -> printf("> an identical repeat: 250 and nothing else\n"); answered = true
     :: !remembered ->
#else
     :: true ->
#endif
        if
        :: crashes < 2 -> crashes++; printf("> the server is interrupted\n")
        :: true ->
#ifdef TWO_WRITES
           remembered = true;
           if
           :: crashes < 2 -> crashes++; printf("> the server is interrupted between remembering and queueing\n")
           :: true -> queued = true; copiesFrom = from; answered = true
           fi
#else
           d_step { remembered = true; queued = true; copiesFrom = from };
           printf("> remembered and queued, From of the copies: %e\n", from);
           if
           :: crashes < 2 -> crashes++ /* after the write, before the answer */
           :: true -> answered = true
           fi
#endif
        fi
     fi
  fi
}

active proctype World() {
  do
  :: attempts < 2 -> attempts++; printf("> the attacker sends the seal with a junk body\n"); takes(true, alice)
  :: attempts < 2 -> attempts++; printf("> the attacker sends the post under another From\n"); takes(false, mallory)
  :: printf("> Alice's post arrives\n");
     takes(false, alice);
     if
#ifdef WORKS
     :: answered -> assert(!queued)
#else
     :: answered -> assert(queued && copiesFrom == alice); break
#endif
     :: else
     fi
  od
}
