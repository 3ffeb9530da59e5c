using System.Buffers.Binary;
using System.Text;
using Hydra.State;

namespace Hydra.Jobs;

/// <summary>A function that is called by the clock. Its time as a <see cref="DueItem"/> is that of its next turn.</summary>
/// <param name="lane">Where its jobs wait.</param>
/// <param name="spec">Its job.</param>
internal sealed class JobTick(JobLane lane, JobSpec spec) : DueItem
{
    /// <summary>Where its jobs wait.</summary>
    public JobLane Lane { get; } = lane;

    /// <summary>Its job.</summary>
    public JobSpec Spec { get; } = spec;

    /// <summary>Milliseconds from one turn to the next; 0 where the times are <see cref="Times"/>.</summary>
    public long Interval { get; init; }

    /// <summary>Its next turns, in milliseconds since 1970, the soonest first: those of the next minutes. A process that has it says them anew in time.</summary>
    public long[] Times { get; set; } = [];

    /// <summary>The last turn that was taken, in milliseconds since 1970.</summary>
    public long Last { get; set; }

    /// <summary>The job of the last turn.</summary>
    public Job? Job { get; set; }

    /// <summary>Whether a turn was left out because that runs still.</summary>
    public bool IsLate { get; set; }

    /// <summary>Whether it is the same one as another.</summary>
    public bool IsAs(JobTick other) => Interval == other.Interval && (Interval == 0) == (other.Interval == 0);

    /// <summary>Its next turn after a time, in milliseconds since 1970; null where none is known.</summary>
    public long? NextAfter(long time) => Interval > 0 ? time + Interval : Times.Cast<long?>().FirstOrDefault(next => next > time && next > Last);
}

/// <summary>The functions of an application that are called by the clock, as the youngest of its processes has said them. Under the desk's gate.</summary>
internal sealed class JobSchedules
{
    private readonly Dictionary<string, JobTick> _ticks = new(StringComparer.Ordinal);

    /// <summary>The process whose word counts; null where that has ended.</summary>
    public JobServer? Speaker { get; set; }

    /// <summary>How many there are.</summary>
    public int Count => _ticks.Count;

    /// <summary>All.</summary>
    public IEnumerable<JobTick> All => _ticks.Values;

    /// <summary>How many schedules a TASK_SCHEDULE has; -1 where it is malformed.</summary>
    public static int CountIn(ReadOnlySpan<byte> value) => value.Length < sizeof(ushort) ? -1 : BinaryPrimitives.ReadUInt16LittleEndian(value);

    /// <summary>Reads what a TASK_SCHEDULE says: each schedule has a u16 of its name's length, a u32 of its timeout, a u64 of its interval, a u16 of how many times follow, a u32 of its payload's length; the name, the times, the payload.</summary>
    /// <returns>Null where it is malformed.</returns>
    public static List<JobTick>? Read(ReadOnlySpan<byte> value, JobLane lane)
    {
        int count = CountIn(value);
        value = count < 0 ? value : value[sizeof(ushort)..];
        List<JobTick> ticks = [];
        for (int i = 0; i < count; i++)
        {
            if (value.Length < 20)
            {
                return null;
            }

            int named = BinaryPrimitives.ReadUInt16LittleEndian(value);
            uint timeout = BinaryPrimitives.ReadUInt32LittleEndian(value[2..]);
            long interval = BinaryPrimitives.ReadInt64LittleEndian(value[6..]);
            int times = BinaryPrimitives.ReadUInt16LittleEndian(value[14..]);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(value[16..]);
            value = value[20..];
            if (interval < 0 || value.Length < named + (times * sizeof(long)) + size)
            {
                return null;
            }

            string name = Encoding.UTF8.GetString(value[..named]);
            value = value[named..];
            long[] turns = new long[times];
            for (int turn = 0; turn < times; turn++)
            {
                turns[turn] = BinaryPrimitives.ReadInt64LittleEndian(value[(turn * sizeof(long))..]);
            }

            value = value[(times * sizeof(long))..];
            ticks.Add(new JobTick(lane, new JobSpec { Kind = JobKind.Deferred, Name = name, Timeout = timeout, Payload = value[..(int)size].ToArray() }) { Interval = interval, Times = turns });
            value = value[(int)size..];
        }

        return count < 0 || value.Length > 0 ? null : ticks;
    }

    /// <summary>These are all from now on. One that was there before goes on where its interval is the same.</summary>
    /// <param name="ticks">Those.</param>
    /// <param name="due">Where those are taken out that are no more.</param>
    /// <returns>Those whose next turn is to be set.</returns>
    public List<JobTick> Replace(List<JobTick> ticks, DueQueue due)
    {
        List<JobTick> changed = [];
        Dictionary<string, JobTick> before = new(_ticks, StringComparer.Ordinal);
        _ticks.Clear();
        foreach (JobTick tick in ticks)
        {
            JobTick next = tick;
            if (before.Remove(tick.Spec.Name, out JobTick? old))
            {
                if (old.IsAs(tick) && old.Spec.Timeout == tick.Spec.Timeout)
                {
                    next = old;
                    next.Times = tick.Times;
                }
                else
                {
                    (next.Job, next.Last) = (old.Job, old.Last);
                    due.Remove(old);
                }
            }

            _ticks[tick.Spec.Name] = next;
            if (next != old || next.Interval == 0)
            {
                changed.Add(next);
            }
        }

        foreach (JobTick gone in before.Values)
        {
            due.Remove(gone);
        }

        return changed;
    }
}
