using Hydra.Protocol;

namespace Hydra.State;

/// <summary>Values and counters. Under the store's gate.</summary>
internal sealed class StateValues(StateTable table)
{
    // How long the result of a call with an idempotency key is remembered, where the call does not say it.
    private const long OnceMilliseconds = 600_000;

    /// <summary>The last version that was given.</summary>
    public long Version { get; set; }

    /// <summary>What is under the key.</summary>
    public StateResult Get(ReadOnlySpan<byte> key, long now)
        => Find(key, now) is not { } entry ? new(StateStatus.Missing)
            : new(StateStatus.Done, entry.Number, entry.Version, entry.IsNumber, entry.Value);

    /// <summary>Puts a value under the key.</summary>
    public StateResult Set(in StateCall call, long now)
    {
        StateEntry? entry = Find(call.Key, now);
        if (IsRefused(call, entry))
        {
            return new(entry is null ? StateStatus.Missing : StateStatus.Refused, 0, entry?.Version ?? 0);
        }

        byte[]? value = call.Has(StateOptions.Number) ? null : call.Value.ToArray();
        if (entry is null)
        {
            entry = table.Add(new StateKey(StateSpace.Value, call.Key), value?.Length ?? 0, now);
            if (entry is null || !table.TryChange(entry, value, now))
            {
                return new(StateStatus.Full);
            }
        }
        else if (!table.TryChange(entry, value, now))
        {
            return new(StateStatus.Full);
        }
        else if (call.Has(StateOptions.KeepTime))
        {
            return Changed(entry, call);
        }

        table.Due.Set(entry, call.EndsAt(now));
        return Changed(entry, call);
    }

    /// <summary>Takes away what is under the key, of the kind that the number says.</summary>
    public StateResult Delete(in StateCall call, long now)
    {
        if (table.Find(new StateKey(call.Space, call.Key), now) is not { } entry)
        {
            return new(StateStatus.Missing);
        }

        if (call.Has(StateOptions.Version) && entry.Version != call.Other)
        {
            return new(StateStatus.Refused, 0, entry.Version);
        }

        table.Remove(entry);
        return StateResult.Done;
    }

    /// <summary>Adds to the number under the key. With a value that is the call's idempotency key it is done once.</summary>
    public StateResult Add(in StateCall call, long now)
    {
        if (call.Value.Length > 0 && table.Find(new StateKey(StateSpace.Once, call.Value), now) is { } before)
        {
            return new(StateStatus.Done, before.Number, before.Version, true);
        }

        StateEntry? entry = Find(call.Key, now);
        if (entry is null && !call.Has(StateOptions.Create))
        {
            return new(StateStatus.Missing);
        }

        if (entry is { IsNumber: false })
        {
            return new(StateStatus.WrongKind);
        }

        long sum;
        try
        {
            sum = checked((entry?.Number ?? call.Number) + call.Other);
        }
        catch (OverflowException)
        {
            return new(StateStatus.Overflow);
        }

        // Both or neither: what cannot be remembered is not done.
        StateEntry? once = call.Value.Length > 0 ? table.Add(new StateKey(StateSpace.Once, call.Value), 0, now) : null;
        if (call.Value.Length > 0 && once is null)
        {
            return new(StateStatus.Full);
        }

        bool isNew = entry is null;
        entry ??= table.Add(new StateKey(StateSpace.Value, call.Key), 0, now);
        if (entry is null)
        {
            if (once is not null)
            {
                table.Remove(once);
            }

            return new(StateStatus.Full);
        }

        entry.IsNumber = true;
        entry.Number = sum;
        entry.Version = ++Version;
        if (isNew || !call.Has(StateOptions.KeepTime))
        {
            table.Due.Set(entry, call.EndsAt(now));
        }

        if (once is not null)
        {
            once.Number = sum;
            once.Version = entry.Version;
            table.Due.Set(once, now + Math.Max(OnceMilliseconds, call.Milliseconds));
        }

        return new(StateStatus.Done, sum, entry.Version, true);
    }

    /// <summary>Says anew how long the value is kept.</summary>
    public StateResult Touch(in StateCall call, long now)
    {
        if (Find(call.Key, now) is not { } entry)
        {
            return new(StateStatus.Missing);
        }

        table.Due.Set(entry, call.EndsAt(now));
        return StateResult.Done;
    }

    /// <summary>How long the value is kept yet: milliseconds, or -1 for ever.</summary>
    public StateResult TimeLeft(ReadOnlySpan<byte> key, long now)
        => Find(key, now) is not { } entry ? new(StateStatus.Missing)
            : new(StateStatus.Done, entry.Due == long.MaxValue ? -1 : entry.Due - now, entry.Version);

    private StateEntry? Find(ReadOnlySpan<byte> key, long now) => table.Find(new StateKey(StateSpace.Value, key), now);

    private static bool IsRefused(in StateCall call, StateEntry? entry)
        => (call.Has(StateOptions.Absent) && entry is not null) || (call.Has(StateOptions.Present) && entry is null)
            || (call.Has(StateOptions.Version) && (entry?.Version ?? 0) != call.Other);

    private StateResult Changed(StateEntry entry, in StateCall call)
    {
        entry.IsNumber = call.Has(StateOptions.Number);
        entry.Number = entry.IsNumber ? call.Number : 0;
        entry.Version = ++Version;
        return new(StateStatus.Done, 0, entry.Version);
    }
}
