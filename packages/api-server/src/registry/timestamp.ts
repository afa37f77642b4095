/** RFC 3339 in UTC, to the second, as `metav1.Time` is written. */
export const timestamp = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
