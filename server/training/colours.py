"""The colours that pictures are painted in."""

# Blue, red and yellow as in the article, in the shades of Okabe and Ito, which colour-blind readers tell apart.
CLASS_COLOURS = ("#0072b2", "#d55e00", "#f0e442", "#009e73", "#cc79a7", "#56b4e9", "#8c510a", "#7f7f7f")
DIFFERENT = "#5b2a86"  # where two runs disagree: none of the classes' colours
