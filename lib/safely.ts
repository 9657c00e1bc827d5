/**
 * Calling what others wrote, where nobody could catch what it throws.
 *
 * @module
 */

/** The same function, but what it throws is dropped. */
export function safely<T>(call: (value: T) => void): (value: T) => void {
  return (value) => {
    try {
      call(value);
    } catch {
      // It is where errors are told to: there is nobody left to tell.
    }
  };
}
