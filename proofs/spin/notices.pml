/*
 * Claim: an add-on never goes back to an older list key, whatever order the owner's notices arrive in.
 * Leaves out: a notice that the server withholds (the owner sees no receipt).
 *
 * Notice n names list key n. The attacker, who holds the old keys, keeps all notices and replays them.
 */
#define NOTICES 3
byte made, current, newest;

active proctype World() {
  byte n;
  do
  :: made < NOTICES -> made++
  :: made > 0 -> atomic {
       select(n : 1 .. made);
       if
#ifdef ANY_SERIAL
       :: true
#else
       :: n > current
#endif
          -> current = n; printf("> the add-on takes notice %d\n", n);
          if
          :: n > newest -> newest = n
          :: else
          fi;
#ifdef WORKS
          assert(current < NOTICES)
#else
          assert(current == newest)
#endif
       :: else
       fi
     }
  od
}
