# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ChromDragoNN for 1,000 bp of DNA and 50 classes: one-hot (n, 4, 1000) in, logits (n, 50) out.

The layers are those of SeqForge's registry, so this file only fixes the sizes; an own module may build on any of them.
Nair et al. 2019, doi 10.1093/bioinformatics/btz352, sequence-only first stage.
"""

from seqforge.architectures.torch.chromdragonn import ChromDragoNN


class TorchModel(ChromDragoNN):
    def __init__(self):
        super().__init__(num_classes=50, input_length=1000, in_channels=4)
