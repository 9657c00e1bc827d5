/**
 * Calling what others wrote, where nobody could catch what it throws.
 *
 * @module
 */

/** The same function, but what it throws is dropped. */
export function safely<Args extends unknown[]>(
  call: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      call(...args);
    } catch {
      // It is where errors are told to: there is nobody left to tell.
    }
  };
}
