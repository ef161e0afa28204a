// What a client does about the code a socket closes with, and how long it waits.

const RESUME = [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4000, 4001];

/** Come back, come back with a fresh credential, or stay away. @param {number} code */
export const afterClose = (code) =>
  code === 4002 ? "refresh" : RESUME.includes(code) ? "resume" : "end";

/**
 * The pause after so many failures in a row: doubling, 30 s at most, shortened by up to a half.
 * @param {number} failures @param {() => number} [random]
 */
export const backoffMs = (failures, random = Math.random) =>
  Math.min(30_000, 500 * 2 ** Math.min(failures - 1, 30)) * (1 - random() / 2);
