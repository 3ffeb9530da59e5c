using System.Runtime.InteropServices;

namespace Hydra.Edge;

/// <summary>
/// When each of many clients may come again (the generic cell rate algorithm), in a table that does not grow: clients share sets of places by the hash of
/// their key, and one who comes new takes the place of who may come again first. So whoever has more addresses than there are places is not held up by this; nobody else
/// is refused for it. Any thread.
/// </summary>
/// <param name="interval">Ticks of the clock that one request costs, from 1.</param>
/// <param name="burst">Requests that may come at once, from 1.</param>
/// <param name="sets">Sets of places, a power of two.</param>
internal sealed class RateTable(long interval, int burst, int sets = RateTable.Sets)
{
    /// <summary>Sets of places where nothing else is said: 65,536 places of 16 bytes. Memory is used as far as clients come.</summary>
    public const int Sets = 8192;

    private const int Places = 8;
    private const int Locks = 64;

    private readonly Place[] _places = new Place[sets * Places];
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Math.Min(Locks, sets)).Select(static _ => new Lock())];

    /// <summary>A client comes.</summary>
    /// <param name="key">A hash of who it is.</param>
    /// <param name="now">The time in ticks of the clock.</param>
    /// <returns>0 where it may, or the ticks until it may.</returns>
    public long Take(ulong key, long now)
    {
        // 0 is an empty place.
        key = Math.Max(key, 1);
        int set = (int)(key & (ulong)(sets - 1));
        lock (_locks[set & (_locks.Length - 1)])
        {
            ref Place place = ref Find(_places.AsSpan(set * Places, Places), key);
            long free = place.Key == key ? Math.Max(place.Free, now) : now;
            long wait = free - now - (interval * (burst - 1));
            if (wait > 0)
            {
                return wait;
            }

            place.Key = key;
            place.Free = free + interval;
            return 0;
        }
    }

    private static ref Place Find(Span<Place> places, ulong key)
    {
        int oldest = 0;
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i].Key == key)
            {
                return ref places[i];
            }

            oldest = places[i].Free < places[oldest].Free ? i : oldest;
        }

        return ref places[oldest];
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Place
    {
        public ulong Key;

        // When it has nothing left to wait for.
        public long Free;
    }
}
