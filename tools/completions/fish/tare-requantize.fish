# Made by generate.sh from tare-requantize --complete-options.
complete -c tare-requantize -l recipe -s r -r -F -d 'what becomes of each weight: tare-recipe(5)'
complete -c tare-requantize -l type -s t -x -a 'F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ2_M IQ3_XXS IQ3_XS IQ3_S IQ3_M IQ4_XS IQ4_NL TQ1_0 TQ2_0 MXFP4_MOE Q1_0 Q2_0 COPY type:f32 type:f16 type:q4_0 type:q4_1 type:q5_0 type:q5_1 type:q8_0 type:q2_K type:q3_K type:q4_K type:q5_K type:q6_K type:iq2_xxs type:iq2_xs type:iq3_xxs type:iq1_s type:iq4_nl type:iq3_s type:iq2_s type:iq4_xs type:iq1_m type:bf16 type:tq1_0 type:tq2_0 type:mxfp4 type:nvfp4 type:q1_0 type:q2_0' -d 'a mix such as Q4_K_M, or type:q4_0 throughout'
complete -c tare-requantize -l fit -x
complete -c tare-requantize -l fit-types -x
complete -c tare-requantize -l imatrix -r -F
complete -c tare-requantize -l include-weights -x
complete -c tare-requantize -l exclude-weights -x
complete -c tare-requantize -l tensor-type -x
complete -c tare-requantize -l tensor-type-file -r -F
complete -c tare-requantize -l prune-layers -x
complete -c tare-requantize -l output-tensor-type -x -a 'f32 f16 q4_0 q4_1 q5_0 q5_1 q8_0 q8_1 q2_K q3_K q4_K q5_K q6_K q8_K iq2_xxs iq2_xs iq3_xxs iq1_s iq4_nl iq3_s iq2_s iq4_xs i8 i16 i32 i64 f64 iq1_m bf16 tq1_0 tq2_0 mxfp4 nvfp4 q1_0 q2_0 bool c128 c64 f4 f6_e2m3 f6_e3m2 f8_e4m3 f8_e4m3fnuz f8_e5m2 f8_e5m2fnuz f8_e8m0 i2 i4 u2 u4 u8 u16 u32 u64'
complete -c tare-requantize -l token-embedding-type -x -a 'f32 f16 q4_0 q4_1 q5_0 q5_1 q8_0 q8_1 q2_K q3_K q4_K q5_K q6_K q8_K iq2_xxs iq2_xs iq3_xxs iq1_s iq4_nl iq3_s iq2_s iq4_xs i8 i16 i32 i64 f64 iq1_m bf16 tq1_0 tq2_0 mxfp4 nvfp4 q1_0 q2_0 bool c128 c64 f4 f6_e2m3 f6_e3m2 f8_e4m3 f8_e4m3fnuz f8_e5m2 f8_e5m2fnuz f8_e8m0 i2 i4 u2 u4 u8 u16 u32 u64'
complete -c tare-requantize -l leave-output-tensor
complete -c tare-requantize -l pure
complete -c tare-requantize -l fallback -x -a 'error adjust'
complete -c tare-requantize -l nonfinite -x -a 'error keep zero'
complete -c tare-requantize -l allow-requantize
complete -c tare-requantize -l override-kv -x
complete -c tare-requantize -l max-size -x
complete -c tare-requantize -l min-sqnr -x
complete -c tare-requantize -l max-error -x
complete -c tare-requantize -l keep-split
complete -c tare-requantize -l print-recipe -d 'the recipe all this amounts to, and no more'
complete -c tare-requantize -l dry-run -s n -d 'the exact plan; nothing is written'
complete -c tare-requantize -l loss -d 'what was lost, the worst tensors first'
complete -c tare-requantize -l verify -r -F
complete -c tare-requantize -l report -r -F
complete -c tare-requantize -l from -x -a 'gguf safetensors onnx imatrix-dat'
complete -c tare-requantize -l strict
complete -c tare-requantize -l single
complete -c tare-requantize -l limit -x -a 'string array metadata tensors dims depth nodes fields header json ratio window spool shards'
complete -c tare-requantize -l output -s o -r -F -d 'whole or not at all; - is standard output'
complete -c tare-requantize -l force -s f -d 'replace FILE if it is there'
complete -c tare-requantize -l to -x -a 'gguf safetensors onnx imatrix-dat'
complete -c tare-requantize -l split-size -x
complete -c tare-requantize -l split-count -x
complete -c tare-requantize -l external -x -a 'keep inside beside'
complete -c tare-requantize -l external-least -x
complete -c tare-requantize -l align -x
complete -c tare-requantize -l zstd
complete -c tare-requantize -l level -x
complete -c tare-requantize -l zstd-threads -x
complete -c tare-requantize -l long
complete -c tare-requantize -l json
complete -c tare-requantize -l threads -s j -x
complete -c tare-requantize -l cpu -x -a 'all none avx2 avx512 neon'
complete -c tare-requantize -l color -x -a 'auto always never'
complete -c tare-requantize -l progress -x -a 'auto always never'
complete -c tare-requantize -l quiet -s q
complete -c tare-requantize -l verbose -s v
complete -c tare-requantize -l help -s h
complete -c tare-requantize -l version -s V
