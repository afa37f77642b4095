export * from './port-forward.ts'
export * from './remote-command.ts'
export { refuseUpgrade, type Upgrade, UpgradeError, upgradeKind } from './upgrade.ts'
