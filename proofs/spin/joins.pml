/*
 * Claim: nobody is on the roster without an owner's invitation after their last removal, and a second key never joins
 * on a used introduction.
 * Leaves out: an owner who invites again by mistake; a server that keeps its own roster.
 *
 * Mallory keeps the secrets of all introductions that she ever got, and may have several for her address.
 */
#define INVITATIONS 3
bool used[INVITATIONS], burnt[INVITATIONS];
byte made, lastRemoval; /* invitations made; how many had been made at the last removal */
bool member;

active proctype World() {
  byte i;
  do
  :: made < INVITATIONS -> made++; printf("> the owner invites Mallory, introduction %d\n", made)
  :: member -> d_step {
       member = false; lastRemoval = made; printf("> Mallory is removed\n");
#ifndef NOT_BURNT
       i = 0;
       do
       :: i < made -> burnt[i] = true; i++
       :: else -> break
       od
#endif
     }
  :: made > 0 -> atomic { /* herself, or with another key whoever has the introduction's secret */
       select(i : 0 .. made - 1);
       if
#ifdef USED_AGAIN
       :: !burnt[i]
#else
       :: !burnt[i] && !used[i]
#endif
          -> printf("> a key joins with introduction %d\n", i + 1);
#ifdef WORKS
          assert(false);
#else
          assert(i >= lastRemoval && !used[i]);
#endif
          used[i] = true;
          member = true
       :: else
       fi
     }
  od
}
