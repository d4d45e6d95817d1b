"""The Korean catalogue: English text → Korean. A test sees to it that nothing is missing and placeholders agree."""

KOREAN: dict[str, str] = {
    # frame and navigation
    "Playground": "실험실",
    "Case study": "사례 연구",
    "Language": "언어",
    "Close": "닫기",
    "Something went wrong on our side (error {number}). Reload the page to go on.": (
        "서버에서 문제가 생겼습니다(오류 {number}). 페이지를 새로 고치면 계속할 수 있습니다."
    ),
    # links
    "In the link:": "링크에서:",
    "Used instead: {label} = {value}.": "대신 사용한 값: {label} = {value}.",
    "“{name}” in the link is not a setting and was left out.": "링크의 “{name}”은(는) 설정 이름이 아니어서 무시했습니다.",
    "The language “{name}” in the link is not known; allowed are {allowed}.": (
        "링크의 언어 “{name}”은(는) 알 수 없습니다. 쓸 수 있는 값: {allowed}."
    ),
    "{label} ({name}) must be {rule}; “{given}” is not.": "{label}({name})에는 {rule}만 쓸 수 있습니다. “{given}”은(는) 쓸 수 없습니다.",
    "one of {choices}": "{choices} 중 하나",
    "0 to {layers} whole numbers in 1..{units}, joined by “-”": "“-”로 이은 1..{units} 범위의 정수 0~{layers}개",
    "a whole number in {low}..{high}": "{low}..{high} 범위의 정수",
    "a number in {low}..{high}": "{low}..{high} 범위의 수",
    ", or empty": " 또는 빈 값",
    "layers with at most 1 100 000 weights in all": "가중치가 모두 합쳐 1 100 000개 이하인 층",
    "0, or large enough to hold out at least one point": "0이거나 점을 하나 이상 떼어 둘 만큼 큰 값",
    # sidebar
    "Start from": "시작 설정",
    "own settings": "직접 고른 설정",
    "Ready experiments, each with something to see.": "미리 준비한 실험들입니다. 저마다 볼거리가 있습니다.",
    "Undo": "되돌리기",
    "Bring back the settings before the last change.": "마지막으로 바꾸기 전의 설정으로 돌아갑니다.",
    "Reset": "초기화",
    "Back to the settings that the Playground opens with.": "실험실을 처음 열 때의 설정으로 돌아갑니다.",
    "Model": "모델",
    "Linear": "선형",
    "Neural net": "신경망",
    "Linear: the softmax classifier. Neural net: the same with hidden layers before it.": (
        "선형: 소프트맥스 분류기. 신경망: 그 앞에 은닉층을 더한 것."
    ),
    "Hidden units": "은닉 유닛 수",
    "Units in layer {number}": "{number}번째 층의 유닛 수",
    "How many folds the boundary can have.": "결정 경계가 몇 번 꺾일 수 있는지를 정합니다.",
    "Layers": "층 수",
    "Hidden layers, one after the other.": "차례로 이어진 은닉층의 수.",
    "Data": "데이터",
    "New points": "점 새로 뽑기",
    "New weights": "가중치 새로 뽑기",
    "Data set": "데이터 종류",
    "Points in each class": "클래스당 점 수",
    "Classes": "클래스 수",
    "Noise": "잡음",
    "Data seed": "데이터 시드",
    "Held out": "평가용",
    "Hidden layers": "은닉층",
    "Activation": "활성화 함수",
    "First weights": "초기 가중치",
    "Optimizer": "최적화 방법",
    "Learning rate": "학습률",
    "Momentum µ": "모멘텀 µ",
    "Decay": "감쇠율",
    "β₁": "β₁",
    "β₂": "β₂",
    "ε": "ε",
    "Schedule": "학습률 스케줄",
    "Rate k": "감쇠 속도 k",
    "Factor": "배율",
    "Every … iterations": "낮추는 간격(반복)",
    "Regularisation (L2)": "정규화(L2)",
    "L1 regularisation": "L1 정규화",
    "Iterations": "반복 횟수",
    "Batch size": "배치 크기",
    "Seed": "시드",
    "Spiral": "나선",
    "Two moons": "두 반달",
    "Circles": "동심원",
    "Blobs": "뭉치",
    "XOR": "XOR",
    "Checkerboard": "체커판",
    "ReLU": "ReLU",
    "Leaky ReLU": "Leaky ReLU",
    "tanh": "tanh",
    "Sigmoid": "시그모이드",
    "All zero": "모두 0",
    "0.01 · randn": "0.01 · randn",
    "randn / √n": "randn / √n",
    "He: randn · √(2/n)": "He: randn · √(2/n)",
    "Glorot: randn · √(2/(n+m))": "Glorot: randn · √(2/(n+m))",
    "SGD": "SGD",
    "Momentum": "모멘텀",
    "Nesterov": "네스테로프",
    "Adagrad": "Adagrad",
    "RMSprop": "RMSprop",
    "Adam": "Adam",
    "Constant": "일정",
    "Step": "계단",
    "Exponential": "지수",
    "1/t": "1/t",
    "none (linear classifier)": "없음(선형 분류기)",
    "all points": "모든 점",
    # help of the controls
    "The shape of the data.": "데이터의 모양.",
    "How many points each class has.": "클래스마다 점이 몇 개인지.",
    "How many classes: the arms of the spiral.": "클래스의 수. 나선에서는 팔의 수입니다.",
    "Standard deviation of the random shift of each point.": "점마다 더하는 무작위 이동의 표준편차.",
    "Which random points are drawn.": "어떤 무작위 점을 뽑을지 정합니다.",
    "The share of the points that training never sees.": "학습에 쓰지 않고 떼어 두는 점의 비율.",
    "Units in each hidden layer. None: the linear classifier.": "은닉층마다의 유닛 수. 없으면 선형 분류기입니다.",
    "The function that bends: without it, layers stay linear.": "굽히는 함수입니다. 없으면 층을 쌓아도 선형입니다.",
    "How large the first random weights are.": "처음 무작위 가중치의 크기.",
    "How a gradient becomes a step.": "기울기를 한 걸음으로 바꾸는 방법.",
    "The length of a step: too low crawls, too high explodes.": "한 걸음의 크기. 너무 작으면 느리고, 너무 크면 발산합니다.",
    "The share of the last step that is kept.": "지난 걸음을 얼마나 이어 갈지.",
    "How long RMSprop remembers squared gradients.": "RMSprop이 기울기 제곱을 얼마나 오래 기억할지.",
    "How long Adam remembers gradients.": "Adam이 기울기를 얼마나 오래 기억할지.",
    "How long Adam remembers squared gradients.": "Adam이 기울기 제곱을 얼마나 오래 기억할지.",
    "Keeps the division by a tiny gradient finite.": "아주 작은 기울기로 나눌 때 값이 무한해지지 않게 합니다.",
    "How the learning rate falls over time.": "시간이 지나며 학습률을 낮추는 방식.",
    "k in exp(-k·t) or 1/(1 + k·t), where t counts iterations.": "exp(-k·t) 또는 1/(1 + k·t)의 k. t는 반복 횟수입니다.",
    "What the rate is multiplied by at each drop.": "낮출 때마다 학습률에 곱하는 값.",
    "Iterations between two drops.": "다음에 낮출 때까지의 반복 횟수.",
    "Weight of ½·ΣW² in the loss: keeps weights small.": "손실에 더하는 ½·ΣW²의 비중. 가중치를 작게 유지합니다.",
    "Weight of Σ|W| in the loss: drives weights to zero.": "손실에 더하는 Σ|W|의 비중. 가중치를 0으로 몰아갑니다.",
    "How many updates.": "파라미터를 갱신하는 횟수.",
    "Points in each update. None, or more than there are: all of them.": (
        "한 번 갱신할 때 쓰는 점의 수. 정하지 않거나 전체보다 많으면 모든 점을 씁니다."
    ),
    "Which random first weights and batches are drawn.": "어떤 초기 가중치와 배치를 뽑을지 정합니다.",
    # presets
    "The article's net, 2 000 iterations, a fifth of the points held out.": (
        "원문의 신경망을 2 000번 학습합니다. 점의 5분의 1은 평가용으로 떼어 둡니다."
    ),
    "Article: linear classifier": "원문: 선형 분류기",
    "Three straight scores cannot follow a spiral: about half of the points stay wrong.": (
        "직선뿐인 점수 셋으로는 나선을 따라갈 수 없어 점의 절반쯤이 틀립니다."
    ),
    "Article: two-layer net": "원문: 2층 신경망",
    "One hidden layer of 100 ReLU units bends the boundary: 98 %.": "ReLU 100개짜리 은닉층 하나가 경계를 굽혀 98 %에 이릅니다.",
    "Learning rate too high": "너무 큰 학습률",
    "The first long steps switch every hidden unit off, and a unit that is off at all points never comes back.": (
        "처음 몇 걸음이 너무 커서 은닉 유닛이 모두 꺼집니다. 모든 점에서 꺼진 유닛은 다시 켜지지 않습니다."
    ),
    "Learning rate too low": "너무 작은 학습률",
    "The loss falls, but so slowly that 2 000 iterations hardly leave the start.": (
        "손실이 줄기는 하지만 너무 느려 2 000번을 돌아도 거의 제자리입니다."
    ),
    "Blows up": "발산",
    "Learning rate × regularisation is above 2: each update makes the weights larger, until the loss overflows.": (
        "학습률 × 정규화가 2보다 커서 갱신할 때마다 가중치가 커지고, 끝내 손실이 넘칩니다."
    ),
    "Net too small": "너무 작은 신경망",
    "Three hidden units make three folds: too few for three arms.": "은닉 유닛이 셋이면 세 번 꺾일 뿐이라 팔 셋을 나누기에 모자랍니다.",
    "Overfitting": "과적합",
    "Few noisy points, a large net, no regularisation: the held-out loss turns and rises while the training loss falls.": (
        "적고 잡음 많은 점, 큰 신경망, 정규화 없음: 학습 손실은 줄어드는데 평가용 손실은 돌아서서 커집니다."
    ),
    "Too much regularisation": "지나친 정규화",
    "Large weights cost more than wrong points, so the boundary stays nearly straight.": (
        "점을 틀리는 것보다 큰 가중치가 더 비싸서 경계가 거의 곧은 채로 남습니다."
    ),
    "All weights zero": "모든 가중치 0",
    "Every hidden unit computes the same and gets the same gradient: nothing can tell them apart.": (
        "은닉 유닛이 모두 같은 값을 내고 같은 기울기를 받아 서로 달라질 길이 없습니다."
    ),
    "Two hidden layers, Adam": "은닉층 둘, Adam",
    "A deeper net with He's initialisation and Adam: smoother, and done in 1 000 iterations.": (
        "He 초기화와 Adam을 쓴 더 깊은 신경망: 더 매끄럽고 1 000번이면 충분합니다."
    ),
    # a run
    "Waiting for a free worker: {count} runs come first.": "계산 차례를 기다립니다. 앞에 {count}개가 있습니다.",
    "{done} of {all} iterations · loss {loss} · about {left} s left": "{all}번 중 {done}번 · 손실 {loss} · 약 {left}초 남음",
    "Stop": "멈춤",
    "End here and keep what was computed.": "여기서 끝내고 지금까지 계산한 것을 남깁니다.",
    "{iterations} iterations in {seconds} s, {pace} a second": "{iterations}번 반복에 {seconds}초, 초당 {pace}번",
    "Go on": "계속",
    "Go on for": "더 할 횟수",
    "Train on from here for that many iterations more.": "여기서부터 그만큼 더 학습합니다.",
    "Stopped at iteration {iteration}: the loss is no longer finite (it was {loss} at {last}). Likely cause: {cause}.": (
        "{iteration}번째 반복에서 멈췄습니다. 손실이 더는 유한하지 않습니다({last}번째에 {loss}). 짐작되는 원인: {cause}."
    ),
    "learning rate × regularisation is above 2, so each update makes the weights larger": (
        "학습률 × 정규화가 2보다 커서 갱신할 때마다 가중치가 커집니다"
    ),
    "the learning rate is too high": "학습률이 너무 큽니다",
    "Still training…": "학습하는 중…",
    "Loss": "손실",
    "Accuracy": "정확도",
    "Held-out accuracy": "평가용 정확도",
    "data {data} + regularisation {reg}": "데이터 {data} + 정규화 {reg}",
    "Mean cross-entropy in nats plus regularisation; guessing among K classes costs ln K.": (
        "평균 교차 엔트로피(nat)와 정규화의 합. 클래스 K개를 찍으면 ln K입니다."
    ),
    "training, {count} points": "학습용 점 {count}개",
    "no points held out": "떼어 둔 점 없음",
    "{count} points": "점 {count}개",
    "Training": "학습용",
    "training": "학습용",
    "held out": "평가용",
    "hollow: held out": "속 빈 표시: 평가용",
    "{drawn} of {all} points drawn": "점 {all}개 중 {drawn}개 표시",
    "class {label}": "클래스 {label}",
    "loss": "손실",
    "data": "데이터",
    "data loss": "데이터 손실",
    "regularisation": "정규화",
    "regularisation loss": "정규화 손실",
    "held-out data": "평가용 데이터",
    "held-out data loss": "평가용 데이터 손실",
    "accuracy": "정확도",
    "training accuracy": "학습용 정확도",
    "held-out accuracy": "평가용 정확도",
    "iteration": "반복",
    "iteration {iteration}": "반복 {iteration}",
    "Play": "재생",
    "Pause": "일시 정지",
    "To the start": "처음으로",
    "One step back": "한 걸음 뒤로",
    "One step on": "한 걸음 앞으로",
    "To the end": "끝으로",
    "Iteration on show": "보이는 반복",
    "log iterations": "로그 반복",
    "log loss": "로그 손실",
    "The chart could not be drawn. It shows:": "그림을 그리지 못했습니다. 내용:",
    "Decision boundary and training curves: over {iterations} iterations the loss went from {first} to {last}, the training accuracy to {train}": (
        "결정 경계와 학습 곡선: {iterations}번 반복하는 동안 손실은 {first}에서 {last}로 변했고 학습용 정확도는 {train}"
    ),
    ", the held-out accuracy to {test}": ", 평가용 정확도는 {test}",
    "Confusion matrix": "혼동 행렬",
    "Rows: the true class; columns: what the model says. Counts of points at the end of the run.": (
        "행은 실제 클래스, 열은 모델의 답입니다. 학습이 끝났을 때의 점 수입니다."
    ),
    "predicted class": "예측한 클래스",
    "true class": "실제 클래스",
    "{title}: {right} of {all} points right": "{title}: 점 {all}개 중 {right}개 맞음",
    "This experiment": "이 실험",
    "The link holds all settings: whoever opens it gets the same run, to the last digit.": (
        "링크에 모든 설정이 들어 있습니다. 누가 열어도 마지막 자리까지 같은 결과가 나옵니다."
    ),
    "All settings": "모든 설정",
    # case study
    "Case study: a spiral, a line and a net": "사례 연구: 나선, 직선, 신경망",
    "The CS231n notes train two small programs on three interleaved spirals. Both are here, run live with the article's random numbers: every figure below is computed now, and every printed loss can be checked at the end. The variables have the article's names.": (
        "CS231n 강의 노트는 서로 얽힌 나선 셋을 작은 프로그램 둘로 학습합니다. 여기서는 둘 다 원문의 난수로 직접 돌립니다. "
        "아래 수치는 모두 지금 계산한 것이고, 원문에 실린 손실은 끝에서 하나하나 견주어 볼 수 있습니다. 변수 이름은 원문과 같습니다."
    ),
    "The data": "데이터",
    "Each class is one arm: while the radius grows from 0 to 1, the angle turns by 4 radians, and a little noise shakes it. No straight line separates the arms, which is the point. All values already lie in -1..1 round zero, so nothing has to be rescaled first.": (
        "클래스 하나가 나선의 팔 하나입니다. 반지름이 0에서 1까지 커지는 동안 각도는 4라디안을 돌고, 약간의 잡음이 각도를 흔듭니다. "
        "직선으로는 팔들을 나눌 수 없다는 것이 이 데이터의 핵심입니다. 값이 모두 0을 중심으로 -1..1 안에 있어 미리 크기를 맞출 필요가 없습니다."
    ),
    "variable": "변수",
    "shape": "모양",
    "meaning": "뜻",
    "the points, one a row": "점들, 한 행에 하나씩",
    "their classes: 0, 1 or 2": "점의 클래스: 0, 1, 2",
    "Three spiral arms of {count} points each, one for each class.": "점 {count}개씩으로 된 나선 팔 셋, 클래스마다 하나입니다.",
    "Scores and softmax": "점수와 소프트맥스",
    "A linear classifier gives each point one score for each class. The softmax turns the scores into probabilities: all positive, and together 1. Only differences of scores count, so the largest is subtracted first; e to the power of a large number would overflow.": (
        "선형 분류기는 점마다 클래스별 점수를 하나씩 매깁니다. 소프트맥스는 점수를 확률로 바꿉니다. 모두 양수이고 더하면 1입니다. "
        "점수의 차이만 중요하므로 먼저 가장 큰 점수를 뺍니다. 그러지 않으면 e의 거듭제곱이 넘칠 수 있습니다."
    ),
    "weights, small random numbers at the start": "가중치, 처음에는 작은 난수",
    "biases, zero at the start": "편향, 처음에는 0",
    "one score for each point and class": "점과 클래스마다 점수 하나",
    "the same as probabilities: each row sums to 1": "같은 것을 확률로: 행마다 합이 1",
    "One point of the 300, before training": "점 300개 중 하나, 학습하기 전",
    "x = ({x}, {y}), true class {label}. With weights this small every probability is close to 1/3.": (
        "x = ({x}, {y}), 실제 클래스 {label}. 가중치가 이렇게 작으면 확률이 모두 1/3에 가깝습니다."
    ),
    "The loss": "손실",
    "A point costs the negative logarithm of the probability that its own class gets: nothing when the model is sure and right, a lot when it is sure and wrong. The data loss is the mean over all points. The regularisation loss adds half of reg times the sum of all squared weights, which keeps them small; biases do not count.": (
        "점 하나의 손실은 자기 클래스가 받은 확률의 로그에 음수를 붙인 값입니다. 모델이 확신하고 맞히면 0에 가깝고, 확신하고 틀리면 큽니다. "
        "데이터 손실은 모든 점의 평균입니다. 정규화 손실은 가중치 제곱의 합에 reg의 절반을 곱해 더한 것으로, 가중치를 작게 유지합니다. 편향은 넣지 않습니다."
    ),
    "A model that knows nothing gives each of three classes 1/3, so the loss should start near ln 3 = {chance}. It does:": (
        "아무것도 모르는 모델은 세 클래스에 1/3씩 주므로 손실은 ln 3 = {chance} 근처에서 시작해야 합니다. 정말 그렇습니다:"
    ),
    "The gradient": "기울기",
    "How should the scores change? The derivative of the loss with respect to a score is short: the probability, minus 1 for the true class. Raising a wrong score raises the loss by as much as the model believes in it; raising the right one lowers it, the more so the less it was believed.": (
        "점수를 어떻게 바꿔야 할까요? 손실을 점수로 미분한 식은 짧습니다. 확률에서, 실제 클래스일 때만 1을 뺍니다. "
        "틀린 클래스의 점수를 올리면 모델이 믿는 만큼 손실이 커지고, 맞는 클래스의 점수를 올리면 덜 믿고 있었을수록 손실이 더 줄어듭니다."
    ),
    "dL/dscores, each row sums to 0": "dL/dscores, 행마다 합이 0",
    "Try it": "직접 해 보기",
    "True class": "실제 클래스",
    "The three probabilities must sum to 1; these sum to {total}.": "세 확률의 합은 1이어야 합니다. 지금은 {total}입니다.",
    "The article's example is p = (0.2, 0.3, 0.5) with true class 1: the gradient is (0.2, -0.7, 0.5).": (
        "원문의 예는 p = (0.2, 0.3, 0.5), 실제 클래스 1이고 기울기는 (0.2, -0.7, 0.5)입니다."
    ),
    "The linear classifier, trained": "선형 분류기 학습",
    "The chain rule carries dscores back to the weights: the scores are X times W, so dW is X transposed times dscores, plus the regularisation's own gradient. Then every parameter moves a step against its gradient. 200 times in a loop, that is the whole program.": (
        "연쇄 법칙이 dscores를 가중치까지 되돌려 보냅니다. 점수가 X와 W의 곱이므로 dW는 X의 전치와 dscores의 곱에 정규화의 기울기를 더한 것입니다. "
        "그런 다음 모든 파라미터가 기울기의 반대쪽으로 한 걸음 움직입니다. 이것을 200번 되풀이하면 프로그램 전부입니다."
    ),
    "as W": "W와 같음",
    "as b: the sum over all points": "b와 같음: 모든 점에 대한 합",
    "Open in the Playground": "실험실에서 열기",
    "Why it must fail": "왜 안 될 수밖에 없나",
    "Between two classes the boundary lies where their scores are equal. Both scores are linear in x, so their difference is too, and the boundary is a straight line, whatever W is. Three classes give three half lines from one point: three wedges. An arm of the spiral turns through more than half a circle; a wedge cannot follow it. More iterations would not help: the loss is already near its lowest value, and it is convex, so there is no better place to find.": (
        "두 클래스의 경계는 두 점수가 같은 곳입니다. 두 점수 모두 x에 대해 선형이라 그 차이도 선형이고, W가 무엇이든 경계는 직선입니다. "
        "클래스가 셋이면 한 점에서 나온 반직선 셋, 곧 쐐기 세 조각이 됩니다. 나선의 팔은 반 바퀴 넘게 도는데 쐐기는 그것을 따라갈 수 없습니다. "
        "더 오래 학습해도 소용없습니다. 손실은 이미 최솟값에 가깝고, 볼록한 함수라 더 나은 곳이 따로 없습니다."
    ),
    "That is the equation of a straight line. To bend it, the model needs something between x and the scores.": (
        "직선의 방정식입니다. 굽히려면 x와 점수 사이에 무언가가 더 있어야 합니다."
    ),
    "A hidden layer": "은닉층",
    "The net first computes 100 numbers from each point, and cuts every negative one off at zero: the rectified linear unit. Each unit is a plane with one fold. The scores are then a linear mixture of these folded planes, and enough folds follow any curve. Without the cut, two linear layers would be one linear layer again.": (
        "신경망은 먼저 점마다 수 100개를 계산하고 음수는 모두 0으로 자릅니다. 이것이 ReLU입니다. 유닛 하나는 한 번 접힌 평면입니다. "
        "점수는 이 접힌 평면들을 선형으로 섞은 것이고, 많이 접으면 어떤 곡선도 따라갈 수 있습니다. 자르지 않으면 선형 층 둘은 다시 선형 층 하나와 같습니다."
    ),
    "first layer": "첫째 층",
    "second layer": "둘째 층",
    "what each unit says of each point": "점마다 각 유닛이 내는 값",
    "The gradient through the ReLU": "ReLU를 지나는 기울기",
    "Backwards, the ReLU is a switch. Where the unit was on, r = z, so the gradient passes unchanged. Where it was off, the output is zero however z moves a little, so nothing passes. A unit that is off at every point learns nothing more: a dead ReLU.": (
        "거꾸로 갈 때 ReLU는 스위치입니다. 유닛이 켜져 있던 곳에서는 r = z라서 기울기가 그대로 지나갑니다. 꺼져 있던 곳에서는 z가 조금 움직여도 "
        "출력이 0이라 아무것도 지나가지 않습니다. 모든 점에서 꺼진 유닛은 더는 배우지 못합니다. 죽은 ReLU입니다."
    ),
    "z, what the unit computes": "z, 유닛이 계산한 값",
    "gradient that arrives from above": "위에서 내려온 기울기",
    "gradient that passes": "지나가는 기울기",
    "The ReLU: zero for negative z, z itself otherwise. At z = {z} it gives {r}.": "ReLU: z가 음수이면 0, 아니면 z 그대로. z = {z}일 때 {r}입니다.",
    "The net, trained": "신경망 학습",
    "The rest is the same as before: softmax, loss, dscores. The gradient goes through the second layer, through the switch, and through the first layer. 10 000 steps with the same step size. Press play: for about the first hundred iterations the net is hardly better than a line, then the folds find their places.": (
        "나머지는 앞과 같습니다: 소프트맥스, 손실, dscores. 기울기는 둘째 층, 스위치, 첫째 층을 차례로 지나갑니다. 같은 크기의 걸음을 10 000번 걷습니다. "
        "재생해 보세요. 처음 100번쯤까지는 직선보다 나을 것이 없다가, 그 뒤 접힌 곳들이 제자리를 찾아갑니다."
    ),
    "Both boundaries": "두 경계 나란히",
    "Linear classifier": "선형 분류기",
    "Two-layer net": "2층 신경망",
    "{name}: {accuracy} of the points lie on the side of their own class.": "{name}: 점의 {accuracy}가 자기 클래스 쪽에 있습니다.",
    "Accuracy on the training data": "학습 데이터 정확도",
    "The article prints {published}.": "원문에 실린 값은 {published}입니다.",
    "Every published loss": "원문의 모든 손실",
    "The article prints six decimals. Ours follow from the same random numbers; the sums are added up in another order, so that after thousands of steps the last digit may differ. “Digits” counts the decimals that agree after rounding.": (
        "원문은 소수점 아래 여섯 자리를 보여 줍니다. 우리 값도 같은 난수에서 나왔지만 더하는 순서가 달라 수천 걸음 뒤에는 마지막 자리가 다를 수 있습니다. "
        "“일치”는 반올림한 뒤 같은 자릿수를 셉니다."
    ),
    "article": "원문",
    "ours": "우리",
    "digits": "일치",
    "difference": "차이",
    # saving and the shelf
    "Compare": "비교",
    "Pin": "보관",
    "Pinned": "보관됨",
    "Keep this run on your shelf, to compare it with others.": "이 실행을 내 보관함에 두고 다른 실행과 비교합니다.",
    "Pinned. The Compare page shows it.": "보관했습니다. 비교 페이지에서 볼 수 있습니다.",
    "The shelf is full: it holds {count} runs. Remove one first.": "보관함이 찼습니다({count}개). 먼저 하나를 빼 주세요.",
    "Could not be saved: {reason}. What is on the screen is not affected.": "저장하지 못했습니다: {reason}. 화면의 결과에는 영향이 없습니다.",
    "Runs are kept only until the server stops: {reason}. The file is {file}.": "서버가 멈출 때까지만 보관됩니다: {reason}. 파일: {file}.",
    "The file of saved runs was damaged. It is kept beside the new one as {file}.": (
        "저장 파일이 손상되어 새 파일을 만들었습니다. 손상된 파일은 옆에 {file}(으)로 남겨 두었습니다."
    ),
    "the file is locked by another program": "다른 프로그램이 파일을 잠그고 있습니다",
    "the disk is full": "디스크가 가득 찼습니다",
    "the file may not be written": "파일에 쓸 권한이 없습니다",
    "the file cannot be opened": "파일을 열 수 없습니다",
    "the file is damaged": "파일이 손상되었습니다",
    "the file cannot be used": "파일을 쓸 수 없습니다",
    "it was written by a newer version of Spiral Lab": "더 새로운 Spiral Lab에서 저장한 파일입니다",
    "“{name}” in the link is not the name of a shelf.": "링크의 “{name}”은(는) 보관함 이름이 아닙니다.",
    "“{name}” is not a setting.": "“{name}”은(는) 설정 이름이 아닙니다.",
    "The shelf cannot be read: {reason}.": "보관함을 읽을 수 없습니다: {reason}.",
    "Pin the Playground's run": "실험실의 실행 보관",
    "Linear against net": "선형 대 신경망",
    "Put the article's two programs on the shelf.": "원문의 두 프로그램을 보관함에 넣습니다.",
    "The search ended early: {reason}.": "탐색이 도중에 끝났습니다: {reason}.",
    "the package “distributed”, which talks to the cluster, is not installed": "클러스터와 통신하는 “distributed” 패키지가 설치되어 있지 않습니다",
    "the cluster cannot be reached": "클러스터에 연결할 수 없습니다",
    "something went wrong on our side": "프로그램 내부에서 문제가 생겼습니다",
    "Bring back the search that was deleted last.": "마지막에 삭제한 탐색을 되살립니다.",
    "Bring back what was removed last.": "마지막으로 뺀 것을 되돌립니다.",
    "{count} runs of the shelf are in training …": "보관함의 실행 {count}개를 학습하고 있습니다 …",
    "{done} of {all} runs are trained": "실행 {all}개 중 {done}개 학습 완료",
    "This shelf came with a link: what you change here changes it for everybody who has that link.": (
        "링크로 열린 보관함입니다. 여기서 바꾸면 이 링크를 가진 모두에게 바뀝니다."
    ),
    "Copy all to my own shelf": "모두 내 보관함으로 복사",
    "Back to my own shelf": "내 보관함으로 돌아가기",
    "Nothing on the shelf yet. Press “Pin” beside a run in the Playground or a search, or begin with the buttons above: the run of the Playground, or the article's linear classifier beside its net.": (
        "보관함이 비어 있습니다. 실험실이나 탐색의 실행 옆에 있는 “보관”을 누르거나, 위의 단추로 시작해 보세요. "
        "실험실의 지금 실행이나, 원문의 선형 분류기와 신경망을 넣을 수 있습니다."
    ),
    "Name": "이름",
    "Note": "메모",
    "Lowest loss": "최저 손실",
    "Lowest held-out loss": "최저 평가 손실",
    "Best held-out accuracy": "최고 평가 정확도",
    "Held-out loss": "평가 손실",
    "Seconds": "초",
    "Seconds of training": "학습 시간(초)",
    "Ended": "끝",
    "in training": "학습 중",
    "diverged at {iteration}": "{iteration}번째에서 발산",
    "Pinned at": "보관한 때",
    "Runs of the shelf: {names}": "보관함의 실행: {names}",
    "Only settings that differ are shown. Click a name or a note to change it; tick rows and press the bin to remove them.": (
        "서로 다른 설정만 보여 줍니다. 이름과 메모는 눌러서 고치고, 행을 골라 휴지통을 누르면 뺍니다."
    ),
    "Side by side": "나란히 보기",
    "Two to six runs.": "실행 2~6개.",
    "Choose runs": "실행 고르기",
    "Move up": "위로",
    "Move down": "아래로",
    "Remove": "빼기",
    "Save, load, share": "저장, 불러오기, 공유",
    "Both hold all settings, names, notes and results.": "둘 다 모든 설정, 이름, 메모, 결과를 담습니다.",
    "Load a shelf": "보관함 불러오기",
    "A CSV or JSON file that was saved here. Its runs are added and trained again.": (
        "여기서 저장한 CSV나 JSON 파일. 담긴 실행을 더하고 다시 학습합니다."
    ),
    "The link to this shelf. Whoever has it sees and can change the shelf; nobody can guess it.": (
        "이 보관함의 링크입니다. 링크를 가진 사람은 보관함을 보고 바꿀 수 있으며, 짐작해서 알아낼 수는 없습니다."
    ),
    "the shelf holds {most} runs, so {count} of the file are left out": "보관함은 {most}개까지라서 파일의 {count}개는 넣지 못했습니다",
    "The file holds no runs.": "파일에 실행이 없습니다.",
    "The file holds {count} runs; a shelf holds at most {most}.": "파일에 실행이 {count}개 있습니다. 보관함에는 {most}개까지 들어갑니다.",
    "The file is not text in UTF-8, UTF-16 or CP949.": "UTF-8, UTF-16, CP949 텍스트 파일이 아닙니다.",
    "The file is not valid JSON.": "올바른 JSON 파일이 아닙니다.",
    "The file is JSON, but not a shelf that was saved here.": "JSON이지만 여기서 저장한 보관함이 아닙니다.",
    "The file is not valid CSV.": "올바른 CSV 파일이 아닙니다.",
    "The file is CSV, but not a shelf that was saved here: its first line must name settings.": (
        "CSV이지만 여기서 저장한 보관함이 아닙니다. 첫 줄에 설정 이름이 있어야 합니다."
    ),
    "Run {number} of the file has no settings.": "파일의 {number}번째 실행에 설정이 없습니다.",
    "Run {number} of the file:": "파일의 {number}번째 실행:",
    "Line {number} of the file:": "파일의 {number}번째 줄:",
    "Curves": "곡선",
    "Points": "점",
    "held-out loss": "평가 손실",
    "{name}: loss {loss}, accuracy {accuracy}": "{name}: 손실 {loss}, 정확도 {accuracy}",
    "Runs without held-out points have no curve here.": "평가용 점이 없는 실행은 여기에 곡선이 없습니다.",
    "Decision boundaries": "결정 경계",
    "Decision boundaries of {names}.": "{names}의 결정 경계.",
    "Choose runs above to see them side by side.": "위에서 실행을 고르면 나란히 볼 수 있습니다.",
    "Where two runs disagree": "두 실행이 다르게 답하는 곳",
    "First run": "첫째 실행",
    "Second run": "둘째 실행",
    "Choose two different runs.": "서로 다른 두 실행을 고르세요.",
    "They disagree on {share} of the plane and on {count} of {all} points.": "평면의 {share}, 점 {all}개 중 {count}개에서 답이 다릅니다.",
    "The two were trained on different points; the points drawn are those of the first.": (
        "두 실행은 서로 다른 점으로 학습했습니다. 그려진 점은 첫째 실행의 것입니다."
    ),
    "Luck: the same settings under other seeds": "운: 같은 설정, 다른 시드",
    "Ten seeds of": "시드 10개로 학습할 실행",
    "Choose a run: it is trained with ten seeds, and the chart shows the median and the middle half.": (
        "실행을 고르면 시드 10개로 학습해 중앙값과 가운데 절반을 보여 줍니다."
    ),
    "Over {count} seeds the accuracy is {middle} in the middle; half of the seeds lie between {low} and {high}.": (
        "시드 {count}개의 정확도 중앙값은 {middle}이고, 절반이 {low}와 {high} 사이에 있습니다."
    ),
    "Over {count} seeds the held-out accuracy is {middle} in the middle; half of the seeds lie between {low} and {high}.": (
        "시드 {count}개의 평가 정확도 중앙값은 {middle}이고, 절반이 {low}와 {high} 사이에 있습니다."
    ),
    "{count} of them diverged.": "그중 {count}개는 발산했습니다.",
    # search
    "Search": "탐색",
    "Vary": "바꿀 설정",
    "Settings that differ from trial to trial. All others stay as in the sidebar.": "시도마다 달라지는 설정입니다. 나머지는 사이드바의 값을 그대로 씁니다.",
    "Choose settings": "설정 고르기",
    "log": "로그",
    "On a log scale each order of magnitude gets as many trials.": "로그 눈금에서는 자릿수마다 시도 수가 같습니다.",
    "Method": "방법",
    "Random": "무작위",
    "Grid": "격자",
    "Halving": "솎아내기",
    "Random tries more different values of each setting than a grid of as many trials. Halving begins many short trials; one in {eta} goes on, with {eta} times the iterations.": (
        "무작위는 같은 시도 수의 격자보다 설정마다 더 다양한 값을 시험합니다. 솎아내기는 짧은 시도를 많이 시작해 "
        "{eta}개 중 하나만 반복 횟수를 {eta}배로 늘려 이어 갑니다."
    ),
    "Trials": "시도 횟수",
    "Judged by": "평가 기준",
    "Measured at the end of each trial. Held-out points are the honest judges: no trial has seen them.": (
        "시도가 끝났을 때 잽니다. 어떤 시도도 본 적 없는 평가용 점이 정직한 심판입니다."
    ),
    "Start the search": "탐색 시작",
    "A search is running: stop it first.": "탐색이 진행 중입니다. 먼저 멈춰 주세요.",
    "{count} trials, {updates} iterations in all, about {minutes} min": "시도 {count}번, 반복 모두 {updates}번, 약 {minutes}분",
    "{count} trials, {updates} iterations in all, about {seconds} s": "시도 {count}번, 반복 모두 {updates}번, 약 {seconds}초",
    "one or more settings, each once": "겹치지 않는 설정 하나 이상",
    "loss, train_accuracy or seconds where no points are held out": "평가용 점이 없을 때는 loss, train_accuracy, seconds 중 하나",
    "left out of a search by halving, which varies them itself": "솎아내기에서는 뺀 것(솎아내기가 스스로 바꿉니다)",
    "enough for two levels of each range and all choices": "범위마다 두 값과 모든 선택지를 시험할 만큼",
    "Choose what to vary and press “Start the search”: the first trials appear within a second.": (
        "바꿀 설정을 고르고 “탐색 시작”을 누르세요. 첫 시도가 1초 안에 나타납니다."
    ),
    "The searches of this shelf cannot be read: {reason}.": "이 보관함의 탐색을 읽을 수 없습니다: {reason}.",
    "This search cannot be read: {reason}.": "이 탐색을 읽을 수 없습니다: {reason}.",
    "Searches of this shelf": "이 보관함의 탐색",
    "{count} trials": "시도 {count}번",
    "{done} of {all} trials": "시도 {all}번 중 {done}번",
    "about {left} s left": "약 {left}초 남음",
    "done in {seconds} s": "{seconds}초 걸림",
    "best so far": "지금까지 최고",
    "best so far: number {number}, {objective} {value}": "지금까지 최고: {number}번, {objective} {value}",
    "Keep the trials that are finished.": "끝난 시도는 남습니다.",
    "Resume": "이어 하기",
    "Delete": "지우기",
    "A worker died {count} times; the trials it had were done again.": "작업 프로세스가 {count}번 죽어서, 맡았던 시도를 다시 했습니다.",
    "This search is not being saved: {reason}.": "이 탐색은 저장되지 않고 있습니다: {reason}.",
    "{count} trials diverged or could not be trained; they count as the worst.": (
        "시도 {count}번은 발산했거나 학습할 수 없어 가장 나쁜 것으로 셉니다."
    ),
    "Another server is working on this search.": "다른 서버가 이 탐색을 진행하고 있습니다.",
    "The best trial lies at the edge of its range: {names}. Better values may lie beyond.": (
        "가장 좋은 시도가 범위의 끝에 있습니다: {names}. 그 너머에 더 좋은 값이 있을 수 있습니다."
    ),
    "Widen": "넓히기",
    "Zoom in": "좁히기",
    "Set the ranges to a quarter of their length to both sides of the best trial.": "범위를 가장 좋은 시도의 양쪽으로 4분의 1씩만 남깁니다.",
    "Drag along an axis to choose trials; click beside the range to let go. The table shows the chosen ones.": (
        "축을 따라 끌어서 시도를 고르고, 범위 밖을 누르면 풉니다. 표에는 고른 시도가 나옵니다."
    ),
    "Across": "가로",
    "Upward": "세로",
    "How much each setting matters": "설정마다 얼마나 중요한가",
    "How much each setting matters is shown from {count} trials on.": "설정의 중요도는 시도 {count}번부터 보여 줍니다.",
    "The share of the trials' ranks that a setting explains by itself. Lines: 90 % of resampled trials lie there.": (
        "설정 하나가 시도들의 순위를 혼자서 설명하는 몫입니다. 선: 다시 뽑은 시도의 90%가 그 안에 있습니다."
    ),
    "The best boundaries": "가장 좋은 결정 경계",
    "Click a row to open its trial.": "행을 누르면 그 시도가 열립니다.",
    "Chosen: {n} of {all} trials.": "고른 시도: {all}번 중 {n}번.",
    "Trial": "시도",
    "trial": "시도",
    "trials": "시도",
    "This net is too large for its parameters to be kept: open it in the Playground to see its boundary.": (
        "신경망이 커서 파라미터를 보관하지 않았습니다. 실험실에서 열면 경계를 볼 수 있습니다."
    ),
    "Decision boundary; training accuracy {accuracy}.": "결정 경계. 학습 정확도 {accuracy}.",
    "Loss {loss}, accuracy {accuracy}.": "손실 {loss}, 정확도 {accuracy}.",
    "{count} trials; the best, number {number}, has {objective} {value} with {values}.": (
        "시도 {count}번. 가장 좋은 {number}번은 {values}에서 {objective} {value}입니다."
    ),
}
