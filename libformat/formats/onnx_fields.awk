# Names for the field numbers of a .proto: message TensorProto, field dims -> TENSOR_DIMS.
function upper_words(name) {
	sub(/Proto$/, "", name)
	gsub(/[A-Z]/, "_&", name)
	sub(/^_/, "", name)
	return toupper(name)
}
BEGIN { print "/* Made from onnx.proto. */\nenum {" }
$1 == "message" { message = upper_words($2) }
$1 == "optional" || $1 == "repeated" { n = $5; sub(/;.*/, "", n); printf "\tONNX_%s_%s = %s,\n", message, toupper($3), n }
END { print "};" }
