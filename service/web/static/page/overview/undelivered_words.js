// When news that isn't delivered is worth a line, and how it is counted. Pure: no DOM in here.

const TRIES = 3;
const MANY = 20;

/** Whether what waits has failed so often that somebody should know. */
export function isLate({ attempts, problem }) {
  return attempts >= TRIES && problem !== null;
}

/** `2 news were given up, 31 wait to be delivered`; "" where all goes well. */
export function undeliveredText({ waiting, dead }, late) {
  const said = [];
  if (dead > 0) said.push(`${dead} news ${dead === 1 ? "was" : "were"} given up`);
  if (late > 0 || waiting >= MANY || (dead > 0 && waiting > 0)) {
    said.push(`${waiting} ${waiting === 1 ? "waits" : "wait"} to be delivered`);
  }
  return said.join(", ");
}
