using Xunit.Sdk;

namespace Hydra.Tests.Transport;

/// <summary>Waits for a condition that nothing announces.</summary>
internal static class Until
{
    public static async Task True(Func<bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + 30_000;
        while (!condition())
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new XunitException($"In 30 s it did not come about that {what}.");
            }

            await Task.Delay(5);
        }
    }
}
