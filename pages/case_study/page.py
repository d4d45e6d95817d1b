"""Case study: the CS231n article's two programs from top to bottom, each step with its formula, shapes, code and numbers."""

from pages.case_study import linear, net, step

step.contents()
linear.introduction()
linear.data()
linear.scores()
linear.loss()
linear.gradient()
linear.training()
linear.limits()
net.hidden_layer()
net.relu_gradient()
net.training()
net.side_by_side()
net.digits()
