# Made by generate.sh from tare-convert --complete-options.
complete -c tare-convert -l to -x -a 'gguf safetensors onnx imatrix-dat' -d 'gguf, safetensors, onnx, ...; else as OUT'
complete -c tare-convert -l type -s t -x -a 'f16 bf16 f32' -d 'decode quantized tensors to this type'
complete -c tare-convert -l graph -x -d 'this model\'s graph (ONNX), with IN\'s weights'
complete -c tare-convert -l endian -x -a 'keep little big' -d 'byte order: keep, little, big'
complete -c tare-convert -l split-size -x -d 'several files, of at most this many bytes'
complete -c tare-convert -l split-count -x -d 'several files, of at most this many tensors'
complete -c tare-convert -l chunk-size -x -d 'importance matrices: tokens of a chunk'
complete -c tare-convert -l dry-run -s n -d 'show the exact plan; write nothing'
complete -c tare-convert -l select -x -d 'only tensors of these names'
complete -c tare-convert -l exclude -x -d 'not tensors of these names'
complete -c tare-convert -l from -x -a 'gguf safetensors onnx imatrix-dat'
complete -c tare-convert -l strict
complete -c tare-convert -l single
complete -c tare-convert -l limit -x -a 'string array metadata tensors dims depth nodes fields header json ratio window spool shards'
complete -c tare-convert -l output -s o -r -F -d 'whole or not at all; - is standard output'
complete -c tare-convert -l force -s f -d 'replace FILE if it is there'
complete -c tare-convert -l external -x -a 'keep inside beside'
complete -c tare-convert -l external-least -x
complete -c tare-convert -l align -x
complete -c tare-convert -l zstd
complete -c tare-convert -l level -x
complete -c tare-convert -l zstd-threads -x
complete -c tare-convert -l long
complete -c tare-convert -l json
complete -c tare-convert -l threads -s j -x
complete -c tare-convert -l cpu -x -a 'all none avx2 avx512 neon'
complete -c tare-convert -l color -x -a 'auto always never'
complete -c tare-convert -l progress -x -a 'auto always never'
complete -c tare-convert -l quiet -s q
complete -c tare-convert -l verbose -s v
complete -c tare-convert -l help -s h
complete -c tare-convert -l version -s V
