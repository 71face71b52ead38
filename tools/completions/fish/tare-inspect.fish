# Made by generate.sh from tare-inspect --complete-options.
complete -c tare-inspect -l tensors -s t -d 'name, shape, type, size and place of each tensor'
complete -c tare-inspect -l metadata -s m -d 'all metadata, long values too'
complete -c tare-inspect -l nodes -d 'the operators of a graph (ONNX), in order'
complete -c tare-inspect -l stats -d 'range, mean, zeros, non-finite values, histogram'
complete -c tare-inspect -l hash -d 'sha256 of each tensor, digest of the contents'
complete -c tare-inspect -l get -x -d 'one raw metadata value, for scripts'
complete -c tare-inspect -l recipe -d 'the recipe that gives a plain model these types'
complete -c tare-inspect -l for -x -d 'an importance matrix against the model it is for'
complete -c tare-inspect -l types -d 'every type of tensor there is; takes no file'
complete -c tare-inspect -l limits -d 'the limits on untrusted input; takes no file'
complete -c tare-inspect -l strict -d 'accept only what the reference reader accepts'
complete -c tare-inspect -l select -x -d 'only tensors of these names'
complete -c tare-inspect -l exclude -x -d 'not tensors of these names'
complete -c tare-inspect -l from -x -a 'gguf safetensors onnx imatrix-dat'
complete -c tare-inspect -l single
complete -c tare-inspect -l files0-from -r -F
complete -c tare-inspect -l limit -x -a 'string array metadata tensors dims depth nodes fields header json ratio window spool shards'
complete -c tare-inspect -l json
complete -c tare-inspect -l threads -s j -x
complete -c tare-inspect -l cpu -x -a 'all none avx2 avx512 neon'
complete -c tare-inspect -l color -x -a 'auto always never'
complete -c tare-inspect -l progress -x -a 'auto always never'
complete -c tare-inspect -l quiet -s q
complete -c tare-inspect -l verbose -s v
complete -c tare-inspect -l help -s h
complete -c tare-inspect -l version -s V
