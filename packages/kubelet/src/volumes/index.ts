import { plugin as configMap } from './configmap.ts'
import { plugin as downwardAPI } from './downward-api.ts'
import { plugin as emptyDir } from './empty-dir.ts'
import { plugin as hostPath } from './host-path.ts'
import type { VolumePlugin } from './plugin.ts'
import { plugin as projected } from './projected.ts'
import { plugin as secret } from './secret.ts'

export const volumePlugins: readonly VolumePlugin[] = [configMap, downwardAPI, emptyDir, hostPath, projected, secret]
