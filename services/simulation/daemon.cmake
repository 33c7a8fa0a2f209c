# SPDX-License-Identifier: Apache-2.0
# startrader-simulation: everything but main is a library, so that tests can reach it.
st_library(st_simulation
  SOURCES put.c frame.c frame_own.c window.c leaf.c ring.c intake.c session.c journal.c wire_event.c emit.c sender.c
    checkpoint.c keeper.c opening.c schedule.c turn.c turn_stat.c pace.c shard.c door.c
  LIBS st st_proto st_world Threads::Threads)
st_program(startrader-simulation SOURCES main.c LIBS st_simulation)
