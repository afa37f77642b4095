const token =
  /(?<quoted>[rRbB]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/[^\n]*)|(?<message>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)(?=\s*\{)|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<mark>[\s\S])/g

/** Functions that a message literal turns into: `Object{…}` into `Object__(…)`. */
export const messageFunction = (name: string): string => `${name}__`

/** One bracket that is open. In a message, fields and values take turns. */
interface Open {
  closer: string
  next?: 'field' | 'colon' | 'value'
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/**
 * cel-js has no literals of messages, as mutations are written: `Object{spec: Object.spec{replicas: 2}}`. They become calls that make
 * one of a map, `Object__({"spec": dyn(dyn({"replicas": dyn(2)}))})`, whose fields may be of any type.
 */
export function withoutMessageLiterals(expression: string, messages: readonly string[]): string {
  const open: Open[] = []
  let out = ''
  let maker: string | undefined
  for (const { 0: text, groups: { message, word, mark } = {} } of expression.matchAll(token)) {
    const around = open.at(-1)
    if (message !== undefined && messages.includes(message.split('.')[0] ?? '')) {
      maker = messages.includes(message) ? messageFunction(message) : 'dyn'
    } else if (mark === '{' && maker !== undefined) {
      out += `${maker}({`
      open.push({ closer: '})', next: 'field' })
      maker = undefined
    } else if (mark !== undefined && closers[mark]) {
      out += mark
      open.push({ closer: closers[mark] })
    } else if (mark === '}' || mark === ')' || mark === ']') {
      const closed = open.pop()
      out += closed?.next === 'value' ? `)${closed.closer}` : (closed?.closer ?? mark)
    } else if (around?.next === 'field' && word !== undefined) {
      out += JSON.stringify(word)
      around.next = 'colon'
    } else if (around?.next === 'colon' && mark === ':') {
      out += ': dyn('
      around.next = 'value'
    } else if (around?.next === 'value' && mark === ',') {
      out += '),'
      around.next = 'field'
    } else out += text
  }
  return out
}
