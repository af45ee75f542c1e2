/*
 * Claim: a reader's add-on shows each of Alice's posts as new once, and no second text under its message id.
 * Leaves out: who wrote it (claims/authorship.mjs); a reader who lost the memory of the add-on.
 *
 * Bob, a member, sends Alice's signed payloads again: in another key packet, in any order.
 */
#define POSTS 2
bool seen[POSTS];
byte shown[POSTS], tries;

active proctype World() {
  byte i;
  do
  :: tries < 5 -> atomic {
       tries++;
       select(i : 0 .. POSTS - 1);
       if
#ifdef NO_MEMORY
       :: true
#else
       :: !seen[i]
#endif
          -> seen[i] = true; shown[i]++; printf("> post %d is shown as new\n", i);
#ifdef WORKS
          assert(!(seen[0] && seen[1]))
#else
          assert(shown[i] == 1)
#endif
       :: else
       fi
     }
  od
}
