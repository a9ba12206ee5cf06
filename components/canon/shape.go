package canon

// operand is what an operation expects of one of its registers.
type operand uint8

const (
	none   operand = iota
	i32            // I32
	i64            // I64
	f32            // F32
	f64            // F64
	val            // Value
	maybe          // I32 or NoReg
	maybe6         // I64 or NoReg
	maybeV         // Value or NoReg
	scalar         // the core type of wit.Kind Imm
	anyReg         // any type, the same for all operands of this kind
)

// shape is what is common to all operations of one code.
type shape struct {
	name              string
	dst, dst2         operand
	a, b, c           operand
	memory, realloc   bool // uses those of Side (and the memory of Src)
	imm, imm2, source bool // mean something, for printing
	kind              bool // Imm is a wit.Kind
	trap, sided       bool // has a trap code; concerns one side
}

var shapes = [...]shape{
	OpIf:     {name: "if", a: i32},
	OpSwitch: {name: "switch", a: i32},
	OpLoop:   {name: "loop", a: i32},
	OpTrap:   {name: "trap", a: maybe, trap: true},

	OpConst: {name: "const", dst: anyReg, imm: true},
	OpMove:  {name: "move", dst: anyReg, a: anyReg},

	OpAdd:       {name: "add", dst: i32, a: i32, b: i32},
	OpAddImm:    {name: "add", dst: i32, a: i32, imm: true},
	OpMulImm:    {name: "mul", dst: i32, a: i32, imm: true},
	OpAndImm:    {name: "and", dst: i32, a: i32, imm: true},
	OpOr:        {name: "or", dst: i32, a: i32, b: i32},
	OpShlImm:    {name: "shl", dst: i32, a: i32, imm: true},
	OpShrImm:    {name: "shr", dst: i32, a: i32, imm: true},
	OpBool:      {name: "bool", dst: i32, a: i32},
	OpExtend8S:  {name: "extend8_s", dst: i32, a: i32},
	OpExtend16S: {name: "extend16_s", dst: i32, a: i32},

	OpWrap:            {name: "wrap", dst: i32, a: i64},
	OpExtendU:         {name: "extend_u", dst: i64, a: i32},
	OpReinterpretI32:  {name: "reinterpret_i32", dst: i32, a: f32},
	OpReinterpretI64:  {name: "reinterpret_i64", dst: i64, a: f64},
	OpReinterpretF32:  {name: "reinterpret_f32", dst: f32, a: i32},
	OpReinterpretF64:  {name: "reinterpret_f64", dst: f64, a: i64},
	OpCanonicalizeF32: {name: "canonicalize_nan32", dst: f32, a: f32},
	OpCanonicalizeF64: {name: "canonicalize_nan64", dst: f64, a: f64},

	OpTrapIfGE:   {name: "trap_if_ge", a: i32, imm: true, trap: true},
	OpCheckChar:  {name: "check_char", a: i32},
	OpByteLength: {name: "byte_length", dst: i64, a: i32, imm: true, trap: true},
	OpCheckRange: {name: "check_range", a: i32, b: maybe6, memory: true, imm: true, imm2: true},

	OpLoad8U:   {name: "load8_u", dst: i32, a: i32, memory: true, imm: true},
	OpLoad8S:   {name: "load8_s", dst: i32, a: i32, memory: true, imm: true},
	OpLoad16U:  {name: "load16_u", dst: i32, a: i32, memory: true, imm: true},
	OpLoad16S:  {name: "load16_s", dst: i32, a: i32, memory: true, imm: true},
	OpLoad32:   {name: "load32", dst: i32, a: i32, memory: true, imm: true},
	OpLoad64:   {name: "load64", dst: i64, a: i32, memory: true, imm: true},
	OpLoadF32:  {name: "load_f32", dst: f32, a: i32, memory: true, imm: true},
	OpLoadF64:  {name: "load_f64", dst: f64, a: i32, memory: true, imm: true},
	OpStore8:   {name: "store8", a: i32, b: i32, memory: true, imm: true},
	OpStore16:  {name: "store16", a: i32, b: i32, memory: true, imm: true},
	OpStore32:  {name: "store32", a: i32, b: i32, memory: true, imm: true},
	OpStore64:  {name: "store64", a: i32, b: i64, memory: true, imm: true},
	OpStoreF32: {name: "store_f32", a: i32, b: f32, memory: true, imm: true},
	OpStoreF64: {name: "store_f64", a: i32, b: f64, memory: true, imm: true},
	OpCopy:     {name: "copy", a: i32, b: i32, c: i64, memory: true, source: true},
	OpRealloc:  {name: "realloc", dst: i32, b: maybe6, memory: true, realloc: true, imm: true, imm2: true},

	OpString:    {name: "string", dst: i32, dst2: i32, a: i32, b: i32, memory: true, realloc: true, source: true},
	OpCheckUTF8: {name: "check_utf8", a: i32, b: i32, memory: true},

	OpValueScalar:    {name: "value_scalar", dst: val, a: scalar, kind: true},
	OpScalarValue:    {name: "scalar_value", dst: scalar, a: val, kind: true},
	OpValueFlags:     {name: "value_flags", dst: val, a: i32, imm2: true},
	OpFlagsValue:     {name: "flags_value", dst: i32, a: val, imm2: true},
	OpValueNew:       {name: "value_new", dst: val, a: maybe, kind: true, imm2: true},
	OpValuePut:       {name: "value_put", dst: val, a: val, b: maybe, imm: true},
	OpValuePart:      {name: "value_part", dst: val, a: val, b: maybe, imm: true},
	OpValueLen:       {name: "value_len", dst: i32, a: val, kind: true, imm2: true},
	OpValueVariant:   {name: "value_variant", dst: val, a: maybeV, b: maybe, kind: true, imm2: true},
	OpVariantCase:    {name: "variant_case", dst: i32, a: val, kind: true, imm2: true},
	OpVariantPayload: {name: "variant_payload", dst: val, a: val},
	OpStringToValue:  {name: "string_to_value", dst: val, a: i32, b: i32, memory: true},
	OpValueToString:  {name: "value_to_string", dst: i32, dst2: i32, a: val, memory: true, realloc: true},
	OpPackedToValue:  {name: "packed_to_value", dst: val, a: i32, b: i32, memory: true, kind: true},
	OpValueToPacked:  {name: "value_to_packed", dst: i32, dst2: i32, a: val, memory: true, realloc: true, kind: true},
	OpValueHandle:    {name: "value_handle", dst: val, a: i32, imm: true, imm2: true},
	OpHandleValue:    {name: "handle_value", dst: i32, a: val, imm: true, imm2: true},

	OpLiftOwn:      {name: "lift_own", dst: i32, a: i32, imm: true, sided: true},
	OpLiftBorrow:   {name: "lift_borrow", dst: i32, a: i32, imm: true, sided: true},
	OpLowerOwn:     {name: "lower_own", dst: i32, a: i32, imm: true, sided: true},
	OpLowerBorrow:  {name: "lower_borrow", dst: i32, a: i32, imm: true, sided: true},
	OpResourceNew:  {name: "resource_new", dst: i32, a: i32, imm: true, sided: true},
	OpResourceRep:  {name: "resource_rep", dst: i32, a: i32, imm: true, sided: true},
	OpResourceDrop: {name: "resource_drop", a: i32, imm: true, sided: true},

	OpCheckMayLeave: {name: "check_may_leave", sided: true},
	OpSetMayLeave:   {name: "set_may_leave", imm: true, sided: true},
	OpEnter:         {name: "enter_from"},
	OpLeave:         {name: "leave_to"},
	OpBeginCall:     {name: "begin_call"},
	OpCheckBorrows:  {name: "check_borrows"},
	OpEndCall:       {name: "end_call"},

	OpCallCore:       {name: "call_core"},
	OpCallPostReturn: {name: "call_post_return"},
	OpCallHost:       {name: "call_host"},
}
