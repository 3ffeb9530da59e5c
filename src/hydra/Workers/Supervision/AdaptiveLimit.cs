namespace Hydra.Workers.Supervision;

/// <summary>What was seen of a worker, on the average of all, within half a second.</summary>
/// <param name="Seconds">How long that was.</param>
/// <param name="Waiting">Requests that it had and had not begun to answer, on the average.</param>
/// <param name="Begun">Responses that it has begun.</param>
/// <param name="Lag">By how much its event loop is late.</param>
/// <param name="IsShort">Whether it has nearly used up the memory that it may have.</param>
internal readonly record struct ConcurrencySample(double Seconds, double Waiting, double Begun, TimeSpan Lag = default, bool IsShort = false);

/// <summary>What was found out of how many requests a worker is quick with.</summary>
/// <param name="Limit">How many it may have that it has not begun to answer.</param>
/// <param name="Usual">How long they take when nothing holds them up; zero while that is not known.</param>
internal readonly record struct ConcurrencyFigures(int Limit, TimeSpan Usual);

/// <summary>
/// How many requests a worker may have at the same time so that they do not take longer than they need: as TCP Vegas finds its window, and the Gradient of Netflix's
/// concurrency-limits its limit. How long they take follows from how many there are and how many get through (Little's law), so no request is timed. Not safe for threads.
/// </summary>
internal sealed class AdaptiveLimit
{
    /// <summary>So many a worker may have at least: what it takes to find out that things are well again.</summary>
    public const int Least = 4;

    /// <summary>So many before anything is known.</summary>
    public const int First = 128;

    /// <summary>So many at most.</summary>
    public const int Most = 10_000;

    // Requests may take twice as long as usual before there are fewer of them. Less than ten milliseconds is the scheduler's, and no sign of anything.
    private const double Tolerance = 2;
    private const double Quickest = 0.01;

    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);

    private double _limit = First;
    private double _usual;
    private double _unanswered;

    /// <summary>How many a worker may have.</summary>
    public int Limit => (int)_limit;

    /// <summary>How long requests take when nothing holds them up; zero while that is not known.</summary>
    public TimeSpan Usual => TimeSpan.FromSeconds(_usual);

    /// <summary>How long they took last.</summary>
    public TimeSpan Latest { get; private set; }

    /// <summary>Takes in what was seen.</summary>
    public void Add(in ConcurrencySample sample)
    {
        if (sample.Begun <= 0 && sample.Waiting < 1)
        {
            _unanswered = 0;
            return;
        }

        // As long as nothing is answered they have taken at least that long.
        _unanswered = sample.Begun > 0 ? 0 : _unanswered + sample.Seconds;
        double took = Math.Max(Quickest, sample.Begun > 0 ? sample.Waiting * sample.Seconds / sample.Begun : _unanswered);
        Latest = TimeSpan.FromSeconds(took);
        bool isUsed = sample.Waiting >= _limit / 2;
        if (sample.Begun > 0)
        {
            Learn(took, isUsed);
        }

        if (isUsed && _usual > 0)
        {
            Move(Gradient(took, sample));
        }
    }

    // What it takes when there are few is what it takes: at the least limit nothing waits for the others, and it has become slow by itself. In between
    // it is only corrected downwards, or a limit that is too high would by and by seem right.
    private void Learn(double took, bool isUsed)
    {
        double share = _usual == 0 ? 1 : took < _usual ? 0.2 : Limit <= Least ? 0.3 : isUsed ? 0 : 0.05;
        _usual += share * (took - _usual);
    }

    private double Gradient(double took, in ConcurrencySample sample)
    {
        double gradient = Math.Clamp(Tolerance * _usual / took, 0.5, 1);
        return sample.IsShort ? Math.Min(gradient, 0.7) : sample.Lag > Late ? Math.Min(gradient, 0.9) : gradient;
    }

    private void Move(double gradient)
        => _limit = gradient < 1 ? Math.Max(Least, _limit * gradient) : Math.Min(Most, _limit + Math.Max(Least, _limit / 8));
}
