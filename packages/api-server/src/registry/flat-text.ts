/**
 * The same text in one piece. The engine joins and cuts strings only when somebody reads them, and JSON.stringify leaves its fast path, for
 * the whole object, at the first string that is not in one piece yet: what the server itself puts into objects goes through here.
 */
export const flatText = (text: string): string => Buffer.from(text).toString()
