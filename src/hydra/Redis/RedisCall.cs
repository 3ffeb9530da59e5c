namespace Hydra.Redis;

/// <summary>A command on its way. Its <see cref="RedisPipe"/> guards it.</summary>
/// <param name="script">What is to be run; null where the arguments are the whole command.</param>
/// <param name="arguments">The arguments; of a script the number of its keys, those, and what else it gets.</param>
/// <param name="then">Told once what became of it; any thread, must not block.</param>
internal sealed class RedisCall(RedisScript? script, RespWriter arguments, Action<RedisAnswer> then)
{
    // It, its arrays and its place in a queue.
    private const int Overhead = 300;

    private readonly byte[] _tail = arguments.ToArray();
    private readonly int _count = arguments.Arguments;

    /// <summary>Whether it may be done twice: then it is asked again where an answer was lost.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Whether it waits for as long as it takes: nobody waits for it, and it must be done.</summary>
    public bool IsPatient { get; init; }

    /// <summary>When it has taken too long, in milliseconds of the system's clock.</summary>
    public long Deadline { get; set; }

    /// <summary>Who waited has been told: the answer, which may come yet, is nobody's.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether the server does not know the script and gets all of it.</summary>
    public bool SendsSource { get; set; }

    /// <summary>Whether it is a script.</summary>
    public bool IsScript => script is not null;

    /// <summary>What it is counted as.</summary>
    public int Size => Overhead + _tail.Length;

    /// <summary>Its bytes, in front of the arguments.</summary>
    public byte[] Head => script is null ? RespWriter.Head(_count) : script.Head(_count, SendsSource);

    /// <summary>Its arguments.</summary>
    public byte[] Tail => _tail;

    /// <summary>Tells what became of it.</summary>
    public void Tell(in RedisAnswer answer) => then(answer);
}
