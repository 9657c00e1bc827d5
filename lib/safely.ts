/**
 * Calling what others wrote, where nobody could catch what it throws.
 *
 * @module
 */

/** The same function, but what it throws is dropped, also if it does so later. */
export function safely<Args extends unknown[]>(
  call: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      const returned: unknown = call(...args);
      if (returned instanceof Promise) returned.catch(() => {});
    } catch {
      // It is where errors are told to: there is nobody left to tell.
    }
  };
}
