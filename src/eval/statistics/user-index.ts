/** Users of a list of rows, numbered from 0 by first appearance. */
export interface UserIndex {
  readonly count: number;
  readonly ofRow: Uint32Array; // number of each row's user
}

export function indexUsers(users: readonly string[]): UserIndex {
  const numbers = new Map<string, number>();
  const ofRow = new Uint32Array(users.length);
  users.forEach((user, row) => {
    let number = numbers.get(user);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(user, number);
    }
    ofRow[row] = number;
  });
  return { count: numbers.size, ofRow };
}

/** Each row for itself: rows that are independent of each other. */
export function eachRowAlone(rows: number): UserIndex {
  return { count: rows, ofRow: Uint32Array.from({ length: rows }, (_, row) => row) };
}
