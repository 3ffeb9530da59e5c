using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

/// <summary>The limit against a simulated worker, whose dependency takes its time and serves so many at once.</summary>
public sealed class AdaptiveLimitTests
{
    private const double Step = 0.5;

    private readonly AdaptiveLimit _limit = new();

    // Requests in the worker, and how long its dependency takes for one and how many it serves at the same time.
    private double _inside;
    private double _takes = 0.1;
    private double _capacity = double.PositiveInfinity;

    private double _served;

    [Fact]
    public void Add_DependencyStandsStill_FewWaitInTheWorkerAndMoreWhenItGoesOn()
    {
        Run(10, clients: 20);
        Assert.Equal(AdaptiveLimit.First, _limit.Limit);
        Assert.InRange(_limit.Usual.TotalSeconds, 0.05, 0.15);

        _capacity = 0;
        double most = 0;
        Run(5, clients: 5_000, () => most = Math.Max(most, _inside));
        Assert.InRange(most, 1, AdaptiveLimit.First);
        Assert.Equal(AdaptiveLimit.Least, _limit.Limit);

        _capacity = double.PositiveInfinity;
        Run(30, clients: 5_000);
        Assert.InRange(_limit.Limit, AdaptiveLimit.First, AdaptiveLimit.Most);
    }

    [Fact]
    public void Add_DependencyServesSoManyAtOnce_LimitIsNearThatAndNothingIsLost()
    {
        _capacity = 50;
        Run(5, clients: 10);
        Run(30, clients: 2_000);
        Assert.InRange(_limit.Limit, 50, 150);

        _served = 0;
        Run(60, clients: 2_000);
        Assert.InRange(_served / 60, 0.95 * 50 / 0.1, 1.01 * 50 / 0.1);
        Assert.InRange(_limit.Limit, 50, 150);
    }

    [Fact]
    public void Add_NothingHoldsThemUp_AllAreLetIn()
    {
        Run(60, clients: 1_000);

        Assert.InRange(_limit.Limit, 1_000, 2_500);
    }

    [Fact]
    public void Add_DependencyHasBecomeSlowForGood_IsWhatIsUsualFromThenOn()
    {
        Run(20, clients: 400);
        _takes = 0.5;
        Run(60, clients: 400);

        Assert.InRange(_limit.Usual.TotalSeconds, 0.3, 0.6);
        Assert.InRange(_limit.Limit, 200, 1_000);
    }

    [Fact]
    public void Add_OneSlowRequestAmongFew_ChangesNothing()
    {
        Run(10, clients: 3);
        for (int i = 0; i < 100; i++)
        {
            _limit.Add(new ConcurrencySample(Step, Waiting: 1, Begun: i % 10 == 0 ? 1 : 0));
        }

        Assert.Equal(AdaptiveLimit.First, _limit.Limit);
    }

    [Fact]
    public void Add_NothingIsKnownYet_DecidesNothing()
    {
        for (int i = 0; i < 20; i++)
        {
            _limit.Add(new ConcurrencySample(Step, Waiting: 128, Begun: 0));
        }

        Assert.Equal((AdaptiveLimit.First, TimeSpan.Zero), (_limit.Limit, _limit.Usual));
        Assert.Equal(10, _limit.Latest.TotalSeconds, 3);
    }

    [Theory]
    [InlineData(0.2, false, 115)]
    [InlineData(0, true, 89)]
    [InlineData(0.01, false, 144)]
    public void Add_LoopIsLateOrMemoryShort_IsLess(double lag, bool isShort, int expected)
    {
        _limit.Add(new ConcurrencySample(Step, Waiting: 10, Begun: 50));
        _limit.Add(new ConcurrencySample(Step, Waiting: 100, Begun: 500, TimeSpan.FromSeconds(lag), isShort));

        Assert.Equal(expected, _limit.Limit);
    }

    // Clients that ask again as soon as they have an answer; what is beyond the limit waits outside.
    private void Run(double seconds, double clients, Action? look = null)
    {
        const int Looks = 5;
        for (double time = 0; time < seconds; time += Step)
        {
            (double waiting, double begun) = (0, 0);
            for (int i = 0; i < Looks; i++)
            {
                _inside = Math.Max(_inside, Math.Min(clients, _limit.Limit));
                double through = Math.Min(_inside, Math.Min(_inside, _capacity) / _takes * Step / Looks);
                waiting += _inside / Looks;
                begun += through;
                _inside -= through;
                _served += through;
                look?.Invoke();
            }

            _limit.Add(new ConcurrencySample(Step, waiting, begun));
        }
    }
}
