# Made by generate.sh from tare-diff --complete-options.
complete -c tare-diff -l order -d 'another order of tensors is a difference too'
complete -c tare-diff -l exact -d 'and so is all else, to the last byte'
complete -c tare-diff -l tolerance -x -d 'no more relative error is none, in any type'
complete -c tare-diff -l only -x -a 'tensors metadata template tokenizer'
complete -c tare-diff -l select -x
complete -c tare-diff -l ignore -x
complete -c tare-diff -l max-size-growth -x
complete -c tare-diff -l max-rel-error -x
complete -c tare-diff -l min-sqnr -x
complete -c tare-diff -l allow-metadata -x
complete -c tare-diff -l all -s a -d 'everything, at full length'
complete -c tare-diff -l top -x -d 'so many of the tensors that differ'
complete -c tare-diff -l sort -x -a 'loss name max size' -d 'these first: loss, name, max, size'
complete -c tare-diff -l stat -d 'a line for each thing, and totals'
complete -c tare-diff -l porcelain -d 'the same with tabs, for awk'
complete -c tare-diff -l hex -x -d 'its first blocks that differ, field by field'
complete -c tare-diff -l hash
complete -c tare-diff -l pager -x -a 'auto always never'
complete -c tare-diff -l from -x -a 'gguf safetensors onnx imatrix-dat'
complete -c tare-diff -l strict
complete -c tare-diff -l single
complete -c tare-diff -l limit -x -a 'string array metadata tensors dims depth nodes fields header json ratio window spool shards'
complete -c tare-diff -l json
complete -c tare-diff -l threads -s j -x
complete -c tare-diff -l cpu -x -a 'all none avx2 avx512 neon'
complete -c tare-diff -l color -x -a 'auto always never'
complete -c tare-diff -l progress -x -a 'auto always never'
complete -c tare-diff -l quiet -s q
complete -c tare-diff -l verbose -s v
complete -c tare-diff -l help -s h
complete -c tare-diff -l version -s V
