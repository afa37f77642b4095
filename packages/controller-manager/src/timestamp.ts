/** RFC 3339 in whole seconds, as times are in objects. */
export const timestamp = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`
