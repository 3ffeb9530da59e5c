using System.Runtime.ExceptionServices;

namespace Hydra.Tests.Functional.Harness;

/// <summary>
/// The latest failed assertions of all tests. A server that is disposed of while a test fails has its own complaint, which takes the
/// place of the test's exception; with this it can say what came first.
/// </summary>
public static class RecentFailures
{
    private const int Most = 5;
    private const string Heading = "\nassertions that failed before, in this test or another:\n";

    private static readonly Lock Gate = new();
    private static readonly Queue<string> Latest = [];

    static RecentFailures() => AppDomain.CurrentDomain.FirstChanceException += OnException;

    /// <summary>What failed until now, the latest last.</summary>
    public static string Describe()
    {
        lock (Gate)
        {
            return Latest.Count == 0 ? "" : Heading + string.Join('\n', Latest);
        }
    }

    private static void OnException(object? sender, FirstChanceExceptionEventArgs e)
    {
        if (e.Exception is TimeoutException or EndOfStreamException || e.Exception.GetType().Namespace == "Xunit.Sdk")
        {
            string message = e.Exception.Message.Split(Heading)[0];
            lock (Gate)
            {
                if (!Latest.Contains(message))
                {
                    Latest.Enqueue(message);
                }

                if (Latest.Count > Most)
                {
                    Latest.Dequeue();
                }
            }
        }
    }
}
