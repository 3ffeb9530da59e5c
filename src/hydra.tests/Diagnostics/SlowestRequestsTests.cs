using Hydra.Diagnostics;
using Hydra.Tests.Dispatch;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class SlowestRequestsTests
{
    private readonly ManualTime _time = new();
    private readonly SlowestRequests _slowest;

    public SlowestRequestsTests() => _slowest = new SlowestRequests(TimeSpan.FromMinutes(10), _time);

    [Fact]
    public void Read_ManyRequests_HasTheSlowestFirst()
    {
        for (int i = 1; i <= 30; i++)
        {
            Add($"/{i * 7 % 31}", i * 7 % 31);
        }

        Assert.Equal([30, 29, 28, 27, 26, 25, 24, 23, 22, 21], _slowest.Read().Select(static one => (int)one.Elapsed.TotalSeconds));
    }

    [Fact]
    public void Read_OnePathAgainAndAgain_IsThereOnceAsTheSlowest()
    {
        Add("/a?x=1", 3);
        Add("/a?x=2", 5);
        Add("/a", 4);
        Add("/b", 1);

        Assert.Equal([("/a", 5), ("/b", 1)], _slowest.Read().Select(static one => (one.Path, (int)one.Elapsed.TotalSeconds)));
    }

    [Fact]
    public void Read_LaterThanTheSpan_HasForgottenAndTakesFasterOnes()
    {
        for (int i = 0; i < SlowestRequests.Most; i++)
        {
            Add($"/old/{i}", 50);
        }

        _time.Advance(TimeSpan.FromMinutes(6));
        Add("/new", 60);
        Add("/fast", 1);
        Assert.DoesNotContain("/fast", _slowest.Read().Select(static one => one.Path));

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["/new"], _slowest.Read().Select(static one => one.Path));
        Add("/fast", 1);
        Assert.Equal(["/new", "/fast"], _slowest.Read().Select(static one => one.Path));
    }

    [Fact]
    public void Add_LongPath_IsCut()
    {
        Add("/" + new string('x', 5000), 1);

        Assert.Equal(201, _slowest.Read()[0].Path.Length);
    }

    private void Add(string target, double seconds) => _slowest.Add("GET", target, 200, TimeSpan.FromSeconds(seconds), TimeSpan.Zero, 0);
}
