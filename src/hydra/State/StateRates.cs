using Hydra.Protocol;

namespace Hydra.State;

/// <summary>Rates and moving windows. Under the store's gate. <see cref="StateCall.Other"/> is the limit, the time the period.</summary>
internal sealed class StateRates(StateTable table)
{
    private const long MicrosecondsPerMillisecond = 1000;

    // A window remembers each hit: more than these are better counted as a rate.
    private const long MostHits = 1_000_000;

    /// <summary>
    /// Whether so many hits keep to the limit in the period, as a bucket that fills evenly: the generic cell rate algorithm, which keeps one number for
    /// each key (ATM Forum, Traffic Management 4.1).
    /// </summary>
    /// <returns>Done or Refused; the number is what is left of the limit, the other the milliseconds after which to come again, or until all of it is there.</returns>
    public StateResult Rate(in StateCall call, long now)
    {
        long limit = call.Other;
        long hits = call.Number;
        if (limit < 1 || hits < 0 || call.Milliseconds < 1)
        {
            return new(StateStatus.Invalid);
        }

        // In doubles: microseconds for each hit need not be whole.
        double time = now * (double)MicrosecondsPerMillisecond;
        double period = call.Milliseconds * (double)MicrosecondsPerMillisecond;
        double step = period / limit;
        var key = new StateKey(StateSpace.Rate, call.Key);
        StateEntry? entry = table.Find(key, now);
        double usedUpTo = Math.Max(entry?.Number ?? 0, time);
        double next = usedUpTo + (step * hits);
        double wait = next - (time + period);
        if (wait > 0.5)
        {
            return new(StateStatus.Refused, Left(period, usedUpTo - time, step), hits > limit ? -1 : Up(wait));
        }

        if (hits > 0)
        {
            entry ??= table.Add(key, 0, now);
            if (entry is null)
            {
                return new(StateStatus.Full);
            }

            entry.Number = (long)next;
            table.Due.Set(entry, now + Up(next - time));
        }

        return new(StateStatus.Done, Left(period, next - time, step), Up(next - time));
    }

    /// <summary>
    /// Whether so many hits keep to the limit in the period that ends now, exactly: each hit is remembered. With no hits it is asked how many there were.
    /// </summary>
    /// <returns>Done or Refused; the number is how many there are, the other the milliseconds until the oldest of them does not count any more.</returns>
    public StateResult Window(in StateCall call, long now)
    {
        long limit = call.Other;
        long hits = call.Number;
        if (limit is < 0 or > MostHits || hits < 0 || call.Milliseconds < 1)
        {
            return new(StateStatus.Invalid);
        }

        var key = new StateKey(StateSpace.Window, call.Key);
        StateEntry? entry = table.Find(key, now);
        Forget(entry, now - call.Milliseconds);
        int count = entry?.Hits?.Count ?? 0;
        if (hits == 0 || count + hits > limit)
        {
            return new(hits == 0 ? StateStatus.Done : StateStatus.Refused, count, UntilOldest(entry, call.Milliseconds, now));
        }

        long more = hits * StateEntry.HitCost;
        if (entry is null ? (entry = table.Add(key, more, now)) is null : !table.HasRoom(more, entry, now))
        {
            return new(StateStatus.Full);
        }

        entry.Hits ??= new Queue<long>();
        for (long i = 0; i < hits; i++)
        {
            entry.Hits.Enqueue(now);
        }

        table.Resize(more);
        table.Due.Set(entry, now + call.Milliseconds);
        return new(StateStatus.Done, entry.Hits.Count, UntilOldest(entry, call.Milliseconds, now));
    }

    private void Forget(StateEntry? entry, long until)
    {
        while (entry?.Hits is { Count: > 0 } hits && hits.Peek() <= until)
        {
            hits.Dequeue();
            table.Resize(-StateEntry.HitCost);
        }
    }

    private static long UntilOldest(StateEntry? entry, long period, long now) => entry?.Hits is { Count: > 0 } hits ? hits.Peek() + period - now : 0;

    private static long Left(double period, double used, double step) => (long)Math.Max(0, Math.Floor(((period - used) / step) + 1e-6));

    private static long Up(double microseconds) => (long)Math.Ceiling(microseconds / MicrosecondsPerMillisecond);
}
