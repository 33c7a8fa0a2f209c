/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts between the schema and plain structs. */
#include "wire.h"

#include <startrader/v1/contract.pb-c.h>

#include "wire_private.h"

enum { REWARD_MIN = 1000, REWARD_MAX = 10000000 };

bool wire_contracts(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconContractsRequest *q =
        wire_unpack(&startrader__v1__econ_contracts_request__descriptor, data, len, arena);
    a->kind = ACT_CONTRACTS;
    if (!q || !wire_set_caller(a, q->caller) || !q->contracts)
        return false;
    a->location = q->contracts->location;
    return a->location <= INT16_MAX;
}

static bool set_terms(struct act *a, const Startrader__V1__ContractRequest *q)
{
    a->contract_action = (enum contract_action)q->action;
    a->contract = (struct contract){.id = (int64_t)q->contract,
                                    .origin = q->origin,
                                    .destination = q->destination,
                                    .commodity = q->commodity,
                                    .target = q->target,
                                    .fee = (int64_t)q->reward};
    switch (q->action) {
    case STARTRADER__V1__CONTRACT_ACTION__CONTRACT_ACTION_TAKE:
    case STARTRADER__V1__CONTRACT_ACTION__CONTRACT_ACTION_DROP:
        return q->contract > 0 && q->contract <= (uint64_t)INT64_MAX && q->origin <= INT16_MAX &&
               q->destination <= INT16_MAX && q->commodity <= GOOD_ID_MAX;
    case STARTRADER__V1__CONTRACT_ACTION__CONTRACT_ACTION_HEAD:
        return q->target > 0 && q->target <= UINT32_MAX && q->reward >= REWARD_MIN &&
               q->reward <= REWARD_MAX;
    default:
        return false;
    }
}

bool wire_contract(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena)
{
    const Startrader__V1__EconContractRequest *q =
        wire_unpack(&startrader__v1__econ_contract_request__descriptor, data, len, arena);
    a->kind = ACT_CONTRACT;
    if (!q || !wire_set_caller(a, q->caller) || !wire_set_key(a, q->request_id) || !q->contract ||
        !set_terms(a, q->contract))
        return false;
    wire_set_asked(a, &q->contract->base);
    return true;
}

static void pack(Startrader__V1__Contract *m, const struct contract *c)
{
    *m = (Startrader__V1__Contract)STARTRADER__V1__CONTRACT__INIT;
    m->contract = (uint64_t)c->id;
    m->kind = (Startrader__V1__ContractKind)c->kind;
    m->state = (Startrader__V1__ContractState)c->state;
    m->origin = c->origin;
    m->destination = c->destination;
    m->commodity = c->commodity;
    m->quantity = (uint32_t)c->quantity;
    m->fee = (uint64_t)c->fee;
    m->collateral = (uint64_t)c->collateral;
    m->target = c->target;
    m->ends_ms = c->ends_ms;
}

void wire_answer_contracts(struct act *a, const struct unit *u)
{
    enum { SHOWN = CONTRACTS_OFFERS_MAX + CONTRACTS_TAKEN_MAX + CONTRACTS_SHOWN_HEADS };
    Startrader__V1__Contract packed[SHOWN], *offers[SHOWN], *own[SHOWN], *heads[SHOWN];
    Startrader__V1__ContractsReply r = STARTRADER__V1__CONTRACTS_REPLY__INIT;
    size_t n = 0;
    r.offer = offers;
    r.own = own;
    r.head = heads;
    for (uint32_t i = 0; i < u->contracts_n && n < SHOWN; i++) {
        const struct contract *c = &u->contracts[i];
        Startrader__V1__Contract *m = &packed[n];
        if (c->kind == CONTRACT_HEAD && r.n_head < CONTRACTS_SHOWN_HEADS)
            heads[r.n_head++] = m;
        else if (c->state == CONTRACT_OPEN && c->origin == a->location &&
                 r.n_offer < CONTRACTS_OFFERS_MAX)
            offers[r.n_offer++] = m;
        else if (c->state == CONTRACT_TAKEN && c->player == a->player &&
                 r.n_own < CONTRACTS_TAKEN_MAX)
            own[r.n_own++] = m;
        else
            continue;
        pack(m, c);
        n++;
    }
    wire_set_answer(a, &r.base);
}

void wire_answer_contract(struct act *a, const struct contract_reply *w)
{
    Startrader__V1__ContractReply r = STARTRADER__V1__CONTRACT_REPLY__INIT;
    Startrader__V1__Contract c;
    r.result = (Startrader__V1__OrderResult)w->result;
    r.limit = (uint64_t)w->limit;
    if (w->contract) {
        pack(&c, w->contract);
        r.contract = &c;
    }
    r.balance = w->balance;
    r.rev = w->rev;
    wire_set_answer(a, &r.base);
}
