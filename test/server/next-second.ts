/** Dates in signatures are whole seconds, and what is of the same one has no order. */

/** Resolves once a second has begun that is later than the present one. */
export async function nextSecond(): Promise<void> {
  const second = () => Math.floor(Date.now() / 1000);
  for (const present = second(); second() === present; )
    await new Promise((resolve) => setTimeout(resolve, 10));
}
