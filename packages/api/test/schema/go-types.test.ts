import t from 'tap'
import { parseGo, tagValue } from '../../../../scripts/generate-schema/go-types.ts'

const source = `
package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// How a widget is painted.
// +enum
type Paint string

const (
	Matt  Paint = "Matt"
	Gloss Paint = "Gloss"
)

// +k8s:deepcopy-gen=true
type Widget struct {
	metav1.TypeMeta \`json:",inline"\`
	// Parts by name.
	// +optional
	// +listType=map
	// +listMapKey=name
	Parts []Part \`json:"parts,omitempty" patchStrategy:"merge" protobuf:"bytes,2,rep,name=parts"\`
}

type Nothing struct{}
type Names []string
type Same = Widget
`

t.test('imports, by the names that the file has for them', async (t) => {
  t.strictSame(
    [...parseGo(source).imports],
    [
      ['metav1', 'k8s.io/apimachinery/pkg/apis/meta/v1'],
      ['types', 'k8s.io/apimachinery/pkg/types'],
    ],
  )
})

t.test('types, with their markers and fields', async (t) => {
  const [paint, widget, nothing, names, same] = parseGo(source).types
  t.strictSame(paint, { name: 'Paint', markers: ['+enum'], underlying: 'string', alias: false })
  t.strictSame(nothing?.fields, [])
  t.match(names, { name: 'Names', underlying: '[]string', alias: false })
  t.match(same, { name: 'Same', underlying: 'Widget', alias: true })
  const [embedded, parts] = widget?.fields ?? []
  t.equal(embedded?.name, undefined)
  t.equal(embedded?.type, 'metav1.TypeMeta')
  t.match(parts, { name: 'Parts', type: '[]Part', markers: ['+optional', '+listType=map', '+listMapKey=name'] })
  t.equal(tagValue(parts?.tag ?? '', 'json'), 'parts,omitempty')
  t.equal(tagValue(parts?.tag ?? '', 'patchMergeKey'), undefined)
})

t.test('constants, by type', async (t) => {
  t.strictSame(parseGo(source).constants.get('Paint'), ['Matt', 'Gloss'])
})
