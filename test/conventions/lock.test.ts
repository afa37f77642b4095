import { readFileSync } from 'node:fs'
import t from 'tap'

interface LockedPackage {
  optionalDependencies?: Record<string, string>
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>
}

/** As Node resolves: beside the package, then in every folder above it. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder && `${folder}/`}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}

// Where a registry does not serve a platform's package, `npm install` leaves it out of the lock, and `npm ci` then refuses the lock.
t.test('the lock file names the packages of every platform', (t) => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)),
  )
  t.same(missing, [])
  t.end()
})

t.test('it names no host', (t) => {
  t.notMatch(readFileSync('package-lock.json', 'utf8'), /"resolved": "https?:/)
  t.end()
})
