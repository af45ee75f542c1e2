/**
 * AES of eight blocks at a time in vectors ("bit slicing": E. Käsper, P. Schwabe, "Faster and Timing-Attack Resistant AES-GCM",
 * CHES 2009), for the program in `aes-cfb.ts`.
 *
 * Eight vectors, the planes, hold one bit of every octet each: the octet at place 4c + r of a plane is row r of column c, and its
 * bits are those of the eight blocks. A substitution then is a circuit of ANDs and XORs, in which nothing is looked up: how
 * long it takes, and what it leaves in the processor's cache, does not depend on key or text.
 */
import {
  andVector,
  type Code,
  constant,
  everywhere,
  get,
  type Local,
  local,
  rearranged,
  set,
  shiftHalvesLeft,
  shiftHalvesRight,
  shiftOctetsLeft,
  shiftOctetsRight,
  storeVector,
  xorVector,
} from "./assembler.js";

/** How many vector locals this needs beside its eight planes. */
export const WORK_LOCALS = 115;
/** Octets of a round key in planes. */
export const KEY_PLANES = 128;

/** The S-box of FIPS 197 adds this in the end; here it is in the round keys, which MixColumns leaves it to. */
const SBOX_CONSTANT = 0x63;

/** Exchanges what stands `shift` bits higher in one plane with what stands below it in the other. */
function exchange(upper: Local, lower: Local, shift: number, mask: number, work: Local): readonly Code[] {
  const by = constant(shift);
  return [
    set(work, andVector(xorVector(shiftHalvesRight(get(upper), by), get(lower)), everywhere(mask))),
    set(lower, xorVector(get(lower), get(work))),
    set(upper, xorVector(get(upper), shiftHalvesLeft(get(work), by))),
  ];
}

/** Eight blocks to eight planes, and back: bit b of plane n against bit n of block b, octet by octet. */
export function transpose(planes: readonly Local[], work: Local): readonly Code[] {
  const steps = [
    [1, 0x55],
    [2, 0x33],
    [4, 0x0f],
  ] as const;
  return steps.flatMap(([distance, mask]) =>
    planes.flatMap((upper, i) => {
      const lower = planes[i + distance];
      return (i & distance) === 0 && lower !== undefined ? exchange(upper, lower, distance, mask, work) : [];
    }),
  );
}

/** The planes of a round key, which is the same for all eight blocks. @param isFirst before any S-box */
export function storeKeyPlanes(key: Local, at: Code, isFirst: boolean): readonly Code[] {
  const whole = isFirst ? get(key) : xorVector(get(key), everywhere(SBOX_CONSTANT));
  return Array.from({ length: 8 }, (_, bit) =>
    storeVector(at, 16 * bit, shiftOctetsRight(shiftOctetsLeft(whole, constant(7 - bit)), constant(7))),
  );
}

/**
 * The S-box without its constant: J. Boyar and R. Peralta, "A small depth-16 circuit for the AES S-box" (2012), in which x0 and s0
 * are the highest bits. A line is a gate: what it makes, of what, by XOR (+) or AND (*).
 */
const CIRCUIT = `
y14 = x3 + x5; y13 = x0 + x6; y9 = x0 + x3; y8 = x0 + x5; t0 = x1 + x2; y1 = t0 + x7; y4 = y1 + x3;
y12 = y13 + y14; y2 = y1 + x0; y5 = y1 + x6; y3 = y5 + y8; t1 = x4 + y12; y15 = t1 + x5; y20 = t1 + x1;
y6 = y15 + x7; y10 = y15 + t0; y11 = y20 + y9; y7 = x7 + y11; y17 = y10 + y11; y19 = y10 + y8;
y16 = t0 + y11; y21 = y13 + y16; y18 = x0 + y16;
t2 = y12 * y15; t3 = y3 * y6; t4 = t3 + t2; t5 = y4 * x7; t6 = t5 + t2; t7 = y13 * y16; t8 = y5 * y1;
t9 = t8 + t7; t10 = y2 * y7; t11 = t10 + t7; t12 = y9 * y11; t13 = y14 * y17; t14 = t13 + t12;
t15 = y8 * y10; t16 = t15 + t12; t17 = t4 + t14; t18 = t6 + t16; t19 = t9 + t14; t20 = t11 + t16;
t21 = t17 + y20; t22 = t18 + y19; t23 = t19 + y21; t24 = t20 + y18;
t25 = t21 + t22; t26 = t21 * t23; t27 = t24 + t26; t28 = t25 * t27; t29 = t28 + t22; t30 = t23 + t24;
t31 = t22 + t26; t32 = t31 * t30; t33 = t32 + t24; t34 = t23 + t33; t35 = t27 + t33; t36 = t24 * t35;
t37 = t36 + t34; t38 = t27 + t36; t39 = t29 * t38; t40 = t25 + t39; t41 = t40 + t37; t42 = t29 + t33;
t43 = t29 + t40; t44 = t33 + t37; t45 = t42 + t41;
z0 = t44 * y15; z1 = t37 * y6; z2 = t33 * x7; z3 = t43 * y16; z4 = t40 * y1; z5 = t29 * y7; z6 = t42 * y11;
z7 = t45 * y17; z8 = t41 * y10; z9 = t44 * y12; z10 = t37 * y3; z11 = t33 * y4; z12 = t43 * y13;
z13 = t40 * y5; z14 = t29 * y2; z15 = t42 * y9; z16 = t45 * y14; z17 = t41 * y8;
t46 = z15 + z16; t47 = z10 + z11; t48 = z5 + z13; t49 = z9 + z10; t50 = z2 + z12; t51 = z2 + z5;
t52 = z7 + z8; t53 = z0 + z3; t54 = z6 + z7; t55 = z16 + z17; t56 = z12 + t48; t57 = t50 + t53;
t58 = z4 + t46; t59 = z3 + t54; t60 = t46 + t57; t61 = z14 + t57; t62 = t52 + t58; t63 = t49 + t58;
t64 = z4 + t59; t65 = t61 + t62; t66 = z1 + t63; s0 = t59 + t63; s6 = t56 + t62; s7 = t48 + t60;
t67 = t64 + t65; s3 = t53 + t66; s4 = t51 + t66; s5 = t47 + t65; s1 = t64 + s3; s2 = t55 + t67`;

/** Puts the planes through the S-box. @param work {@link WORK_LOCALS} locals from this number on */
function substitute(planes: readonly Local[], work: number): readonly Code[] {
  const places = new Map<string, Local>(planes.map((plane, bit) => [`x${7 - bit}`, plane]));
  const placeOf = (name: string | undefined): Local => {
    const known = places.get(name ?? "");
    if (known === undefined) throw new Error(`nothing makes ${name}`);
    return known;
  };
  const gates = CIRCUIT.split(";").map((gate) => {
    const [made = "", , a, operation, b] = gate.trim().split(" ");
    const value = (operation === "*" ? andVector : xorVector)(get(placeOf(a)), get(placeOf(b)));
    const place = local(work + places.size - planes.length);
    places.set(made, place);
    return set(place, value);
  });
  return [...gates, ...planes.map((plane, bit) => set(plane, get(placeOf(`s${7 - bit}`))))];
}

const octets = Array.from({ length: 16 }, (_, place) => place);
/** ShiftRows: row r of column c comes from column c + r. */
const shiftedRows = octets.map((place) => (place + 4 * (place % 4)) % 16);
/** The octet `rows` below in the same column. */
const below = (rows: number) => octets.map((place) => place - (place % 4) + ((place + rows) % 4));

/** One round up to its key: SubBytes, ShiftRows, and MixColumns in all rounds but the last. */
export function round(planes: readonly Local[], work: number, isLast: boolean): readonly Code[] {
  const shifted = planes.map((plane) => set(plane, rearranged(get(plane), shiftedRows)));
  return [...substitute(planes, work), ...shifted, ...(isLast ? [] : mixColumns(planes, work))];
}

/** 2a + 3b + c + d for an octet a and those below it: twice (a + b), b, and (a + b) of two rows below. */
function mixColumns(planes: readonly Local[], work: number): readonly Code[] {
  const next = planes.map((_, bit) => local(work + bit));
  const sum = planes.map((_, bit) => local(work + 8 + bit));
  const at = (locals: readonly Local[], bit: number) => get(locals[bit] ?? local(-1));
  // times two in AES's field: all bits one up, and 0x1b for the one that falls out
  const doubled = (bit: number) => {
    const carry = at(sum, 7);
    if (bit === 0) return [carry];
    return [at(sum, bit - 1), ...(((0x1b >> bit) & 1) === 1 ? [carry] : [])];
  };
  return [
    ...planes.flatMap((plane, bit) => [
      set(local(work + bit), rearranged(get(plane), below(1))),
      set(local(work + 8 + bit), xorVector(get(plane), at(next, bit))),
    ]),
    ...planes.map((plane, bit) =>
      set(plane, xorVector(at(next, bit), rearranged(at(sum, bit), below(2)), ...doubled(bit))),
    ),
  ];
}
