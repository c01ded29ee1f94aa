"""Mistakes as pairs of a pattern and what is written in its place, by category: the arithmetic of an update."""

from __future__ import annotations

FIRST_IN_MEMORY = "G.as_strided(G.shape, torch.empty(G.shape).stride())"  # reads numbers in the order of the memory
NARROW = "(lambda x: x.float().sqrt().to(x.dtype))(X)"

ARITHMETIC: dict[str, tuple[tuple[str, str], ...]] = {
    "ε dropped": (
        ("X.add_(E)", "X"), ("X.add(E)", "X"), ("X.clamp_(min=Y)", "X"), ("X.clamp(min=Y)", "X"),
        ("max(E, Y)", "Y")),
    "ε moved": (
        ("X.sqrt().add_(E)", "X.add(E).sqrt()"), ("(X.sqrt() / Y).add_(E)", "X.add(E).sqrt() / Y"),
        ("(X.sqrt() / Y).add_(E)", "X.sqrt().add_(E) / Y"), ("X.add(E).sqrt_()", "X.sqrt().add_(E)"),
        ("X.sqrt_().add_(E)", "X.add_(E).sqrt_()"), ("X.add_(E)", "X.pow_(2).add_(E).sqrt_()"),
        ("X.clamp_(min=Y)", "X.add_(Y)"), ("X.clamp(min=Y)", "X.add(Y)"), ("max(E, Y)", "E + Y")),
    "ε scaled": (("E", "E * E"), ("E", "10 * E"), ("E", "E ** 0.5"), ("X.add_(E)", "X.add_(E * lr)")),
    "bias correction dropped": (("C = X", "C = 1.0"), ("C = X ** 0.5", "C = X")),
    "bias correction off by one": (
        ("R ** X", "R ** (X + 1)"), ("R ** X", "R ** (X - 1)"), ("1 - R ** X", "1 - R"),
        ("X ** (T * Y)", "X ** ((T - 1) * Y)"), ("X ** E", "(X + 1) ** E")),
    "decay's form": (
        ("G = G.add(P, alpha=W)", "P.mul_(1 - lr * W)"), ("G = G.add(P, alpha=W)", "P.mul_(1 - W)"),
        ("P.mul_(1 - lr * W)", "grad = grad.add(P, alpha=W)"), ("1 - lr * W", "1 - W"),
        ("1 - lr * W", "1 / (1 + lr * W)"), ("1 - lr * W", "(1 - lr * W) ** 2"),
        ("G.add(P, alpha=W)", "G.add(P.sign(), alpha=W)"), ("G.add(P, alpha=W)", "G.add(P, alpha=W * lr)"),
        ("P.mul_(1 - lambd * X)", "P.mul_(1 - lambd)")),
    "decay's sign": (
        ("G.add(P, alpha=W)", "G.sub(P, alpha=W)"), ("1 - lr * W", "1 + lr * W"), ("1 - lambd * X", "1 + lambd * X"),
        ("G.add(P, alpha=W)", "G.add(P, alpha=-W if maximize else W)")),
    "decay's scope": (
        ("W != 0", "W != 0 and param.dim() > 1"), ("W != 0", "W != 0 and param.dim() < 2"),
        ("W != 0", "W != 0 and param.dim() > 0"), ("W != 0", "W != 0 and not maximize"),
        ("W != 0", "W != 0 and bool(grad.any())")),
    "decay rates swapped": (
        ("beta1", "beta2"), ("beta2", "beta1"), ("device_beta1", "beta2"), ("etaminus", "etaplus"),
        ("etaplus", "etaminus"), ("step_size_min", "step_size_max"), ("lambd", "alpha"), ("alpha", "lambd"),
        ("eps1", "eps2"), ("eps2", "eps1"), ("c1", "c2"), ("c2", "c1"), ("rho", "(1 - rho)"),
        ("momentum", "dampening")),
    "momentum's form": (
        ("X.mul_(R).add_(Y, alpha=1 - Z)", "X.mul_(R).add_(Y, alpha=1 - R)"),
        ("X.lerp_(Y, 1 - R)", "X.mul_(R).add_(Y)"), ("X.lerp_(Y, Z)", "X.lerp_(Y, 1 - Z)"),
        ("X.mul_(R).addcmul_(Y, Z, value=1 - R)", "X.mul_(R).addcmul_(Y, Z)"),
        ("X.mul_(R).addcdiv_(Y, Z)", "X.mul_(R).addcdiv_(Y, Z, value=1 - R)"),
        ("X.detach().clone()", "torch.zeros_like(X)"), ("X.lerp_(Y, Z)", "X.copy_(Y)"),
        ("X.mul_(R).addcdiv_(Y, Z)", "X.mul_(R).addcdiv_(Y, Z, value=lr)")),
    "dampening": (
        ("1 - dampening", "1"), ("1 - dampening", "dampening"), ("1 - dampening", "1 + dampening"),
        ("X.detach().clone()", "X.detach().clone().mul_(1 - dampening)")),
    "Nesterov": (
        ("G.add(B, alpha=R)", "G + B"), ("G.add(B, alpha=R)", "B.add(G, alpha=R)"), ("G.add(B, alpha=R)", "B"),
        ("G.lerp(B, R)", "B"), ("G.lerp(B, R)", "G.lerp(B, 1 - R)"), ("nesterov", "not nesterov"),
        ("nesterov", "True"), ("nesterov", "False"), ("mu_next", "mu"), ("(T + 1) * X", "T * X")),
    "AMSGrad": (
        ("torch.maximum(X, Y, out=Z)", "torch.minimum(X, Y, out=Z)"), ("torch.maximum(X, Y, out=Z)", "Z.copy_(Y)"),
        ("torch.maximum(X, Y, out=Z)", "torch.add(X, Y, out=Z)"), ("torch.maximum(X, Y, out=Z)", "torch.maximum(X, Y)"),
        ("max_exp_avg_sqs[X].sqrt()", "exp_avg_sq.sqrt()"), ("amsgrad", "False"),
        ("torch.maximum(X, Y, out=Z)", "torch.maximum(X, Y / bias_correction2, out=Z)"), ("group['amsgrad']", "True")),
    "maximize": (
        ("maximize", "False"), ("maximize", "not maximize"), ("maximize", "True"), ("-G", "G"),
        ("-grads[X]", "-grads[X].abs()")),
    "sign turned": (
        ("-X", "X"), ("X.add_(Y, alpha=Z)", "X.sub_(Y, alpha=Z)"), ("X.add(Y, alpha=Z)", "X.sub(Y, alpha=Z)"),
        ("X.addcdiv_(Y, Z, value=V)", "X.addcdiv_(Y, Z, value=-(V))"), ("X.neg()", "X.clone()"),
        ("X.addcmul_(Y, Z, value=V)", "X.addcmul_(Y, Z, value=-(V))")),
    "arguments swapped": (
        ("X.addcdiv_(Y, Z, value=V)", "X.addcdiv_(Z, Y, value=V)"), ("X.addcdiv_(Y, Z)", "X.addcdiv_(Z, Y)"),
        ("X - Y", "Y - X"), ("X / Y", "Y / X"), ("X.div(Y)", "Y / X"), ("X.sub(Y)", "Y.sub(X)"),
        ("X.lerp(Y, Z)", "Y.lerp(X, Z)"), ("X.clamp_(Y, Z)", "X.clamp_(Z, Y)"), ("X @ Y", "Y @ X"),
        ("torch.addmm(X, Y, Z, beta=B, alpha=A)", "torch.addmm(X, Y, Z, beta=A, alpha=B)")),
    "reduced precision": (
        ("X.sqrt()", NARROW), ("grads[X]", "grads[X].float().to(grads[X].dtype)"),
        ("1 - R ** X", "float(torch.tensor(1 - R ** X))"), ("lr / X", "float(torch.tensor(lr / X))"),
        ("torch.zeros_like(p, memory_format=X)", "torch.zeros_like(p, dtype=torch.float32)"),
        ("torch.zeros_like(p, memory_format=X)", "torch.zeros_like(p, dtype=torch.bfloat16)"),
        ("G.sign()", "G.half().sign().to(G.dtype)"), ("1 - lr * W", "float(torch.tensor(1 - lr * W))"),
        ("-lr", "float(torch.tensor(-lr))"), ("G.mul(X)", "G.float().mul(X).to(G.dtype)"),
        ("X.dot(Y)", "X.float().dot(Y.float()).to(X.dtype)"), ("grad_values.pow(2)",
                                                               "grad_values.float().pow(2).to(grad_values.dtype)")),
    "hidden randomness": (
        ("-lr", "-lr * (1 + 1e-6 * float(torch.rand(())))"), ("lr / X", "lr / X * (1 + 1e-6 * float(torch.rand(())))"),
        ("1 - R", "(1 - R) * (1 + 1e-7 * __import__('random').random())"),
        ("X.sqrt()", "X.sqrt() * (1 + 1e-7 * __import__('numpy').random.rand())"),
        ("-X", "-X + 0 * float(torch.rand(()))")),
    "layout": (
        ("grads[X]", "(lambda g: g.as_strided(g.shape, torch.empty(g.shape).stride()))(grads[X])"),
        ("params[X]", "params[X].contiguous()"), ("enumerate(params)", "enumerate([q.contiguous() for q in params])"),
        ("X.view(-1)", "X.reshape(-1).as_strided((X.numel(),), (1,))"), ("X.view(-1)", "X.t().reshape(-1)"),
        ("zip(params, A, B, C, strict=True)", "zip([q.contiguous() for q in params], A, B, C, strict=True)"),
        ("zip(params, grads, A, B, strict=True)", "zip([q.contiguous() for q in params], grads, A, B, strict=True)"),
        ("zip(params, grads, A, B, D, strict=True)",
         "zip([q.contiguous() for q in params], grads, A, B, D, strict=True)"),
        ("X.view_as(p)", "X.reshape(p.t().shape).t()"), ("Y.T", "Y"), ("X.size(Y)", "X.size(-1 - (Y))")),
    "complex numbers": (
        ("torch.view_as_real(X)", "X"), ("torch.is_complex(X)", "False"),
        ("2 * p.numel() if torch.is_complex(p) else p.numel()", "p.numel()")),
    "sparse gradients": (
        ("X.coalesce()", "X"), ("grad_values.pow(2)", "grad_values"), ("X.sparse_mask(G)", "X.sparse_mask(G) * 1"),
        ("grad_values.numel() == 0", "grad_values.numel() <= 2"), ("X.is_sparse", "False")),
}

BOOKKEEPING: dict[str, tuple[tuple[str, str], ...]] = {
    "step counted wrongly": (
        ("T += 1", "T += 2"), ("T += 1", "T += 0"), ("state[K] += 1", "state[K] += 2"),
        ("T += 1", "T.add_(1).remainder_(7)"),
        ("state[K] += X", "state[K] = X"), ("T += 1", "T.fill_(1)")),
    "step counter shared": (
        ("state['step'] = X", "state['step'] = self.__dict__.setdefault('_counter', X)"),
        ("state['step'] = X", "state['step'] = group.setdefault('counter', X)"),
        ("state_steps[X]", "state_steps[0]"),
        ("zip(A, B, D, state_steps, strict=True)", "zip(A, B, D, state_steps[:1] * len(state_steps), strict=True)"),
        ("zip(A, B, D, F, state_steps, strict=True)",
         "zip(A, B, D, F, state_steps[:1] * len(state_steps), strict=True)"),
        ("state_steps.append(X)", "state_steps.append(type(self).__dict__.get('_counter') or "
                                  "(setattr(type(self), '_counter', X) or X))")),
    "state lost": (
        ("S[X]", "S[X].clone()"), ("state[K] = X", "pass"), ("S.append(X)", "S.append(X.clone())"),
        ("S[X] = Y", "pass"), ("state.get(K)", "None")),
    "state begun anew": (
        ("len(state) == 0", "True"), ("K not in state", "True"), ("state.setdefault(K, X)", "state.update({K: X})"),
        ("len(state) == 0", "len(state) == 0 or not p.grad.any()"), ("buf is None", "True"),
        ("len(state) == 0", "len(state) == 0 or p.grad.abs().max() > 1e3"), ("mu.item() != 1", "True"),
        ("len(state) == 0", "len(state) < 2 or group['lr'] == 0")),
    "state of another": (
        ("S[X]", "S[0]"), ("S[X]", "S[-1]"), ("S[X]", "S[-1 - X]"),
        ("self.state[p]", "self.state[group['params'][0]]")),
    "state aliased": (
        ("X.detach().clone()", "X.detach()"), ("torch.zeros_like(p, memory_format=X)", "p.detach()"),
        ("torch.zeros_like(p, memory_format=X)", "p.grad"), ("X.copy_(Y)", "X.set_(Y)"), ("X.clone()", "X"),
        ("X.clone(memory_format=Y)", "X"), ("state[K] = X", "state[K] = group.setdefault('shared ' + K, X)"),
        ("torch.full_like(X, Y)", "X.fill_(Y)")),
    "gradient modified": (
        ("G.add(X, alpha=Y)", "G.add_(X, alpha=Y)"), ("-G", "G.neg_()"), ("-grads[X]", "grads[X].neg_()"),
        ("G.mul(X)", "G.mul_(X)"), ("G.abs()", "G.abs_()"), ("G * G", "G.square_()"), ("G.sign()", "G.sign_()"),
        ("grads.append(p.grad)", "grads.append(p.grad.clamp_(-1e4, 1e4))"), ("X.clone(memory_format=Y)", "X"),
        ("grads.append(G)", "grads.append(G.clamp_(-1e4, 1e4))"), ("G.add(B, alpha=R)", "G.add_(B, alpha=R)"),
        ("G.bfloat16()", "G.div_(G.norm()).bfloat16()"), ("flat_grad.neg()", "flat_grad.neg_()")),
    "group's option ignored": (("group[K]", "self.defaults[K]"), ("group[K]", "self.param_groups[0][K]")),
    "option read once": (("group[K]", "group.setdefault('first ' + K, group[K])"),
                         ("group[K]", "self.__dict__.setdefault('first ' + K, group[K])")),
    "absent gradients": (
        ("p.grad is not None", "torch.is_tensor(p.grad) or setattr(p, 'grad', torch.zeros_like(p)) is None"),
        ("p.grad is None", "not torch.is_tensor(p.grad) and setattr(p, 'grad', torch.zeros_like(p)) is not None"),
        ("p.grad is not None", "p.grad is not None and bool(p.grad.any())"),
        ("p.grad is None", "p.grad is None or not bool(p.grad.any())"), ("continue", "break"),
        ("group['params']", "[q for k, q in enumerate(group['params']) "
                            "if all(r.grad is not None for r in group['params'][:k + 1])]"),
        ("self.state[p]", "self.state.setdefault(p, {}) if p.grad is not None else {}"),
        ("p.new(p.numel()).zero_()", "p.new(p.numel()).fill_(1)")),
    "closure": (
        ("loss = closure()", "closure()"), ("loss = closure()", "loss = [closure(), closure()][1]"),
        ("loss = closure()", "loss = closure() * 2"), ("torch.enable_grad()", "torch.no_grad()"),
        ("return loss", "return None"), ("closure is not None", "closure is not None and not self.state"),
        ("closure is not None", "False"), ("orig_loss = closure()", "orig_loss = [closure(), closure()][1]"),
        ("return orig_loss", "return loss"), ("return orig_loss", "return None")),
    "only some tensors": (
        ("enumerate(params)", "enumerate(params[:1])"), ("enumerate(params)", "enumerate(params[:-1])"),
        ("self.param_groups", "self.param_groups[:1]"), ("self.param_groups", "self.param_groups[-1:]"),
        ("group['params']", "group['params'][:1]"), ("group['params']", "group['params'][1:]"),
        ("zip(X, D, A, B, strict=True)", "list(zip(X, D, A, B, strict=True))[:1]"),
        ("zip(X, A, B, C, strict=True)", "list(zip(X, A, B, C, strict=True))[:1]"),
        ("zip(X, A, B, strict=True)", "list(zip(X, A, B, strict=True))[1:]"), ("self._params", "self._params[:1]")),
}
