using System.Runtime.ExceptionServices;

namespace Hydra.Tests.Functional.Harness;

/// <summary>
/// The latest failed assertions of all tests. A server that is disposed of while a test fails has its own complaint, which takes the
/// place of the test's exception; with this it can say what came first.
/// </summary>
public static class RecentFailures
{
    private const int Most = 5;

    private static readonly Lock Gate = new();
    private static readonly Queue<Exception> Latest = [];

    static RecentFailures() => AppDomain.CurrentDomain.FirstChanceException += OnException;

    /// <summary>What failed until now, the latest last.</summary>
    public static string Describe()
    {
        lock (Gate)
        {
            return Latest.Count == 0 ? "" : "\nassertions that failed before, in this test or another:\n" + string.Join('\n', Latest.Select(e => e.Message));
        }
    }

    private static void OnException(object? sender, FirstChanceExceptionEventArgs e)
    {
        if (e.Exception is TimeoutException || e.Exception.GetType().Namespace == "Xunit.Sdk")
        {
            lock (Gate)
            {
                if (!Latest.Contains(e.Exception))
                {
                    Latest.Enqueue(e.Exception);
                }

                if (Latest.Count > Most)
                {
                    Latest.Dequeue();
                }
            }
        }
    }
}
