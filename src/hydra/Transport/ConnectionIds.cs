namespace Hydra.Transport;

/// <summary>Makes the names that connections have in logs: unique in the process and, with its start time in them, beyond it. Any thread.</summary>
internal static class ConnectionIds
{
    private const int Length = 13;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    private static long _last = DateTime.UtcNow.Ticks;

    /// <summary>The next name: 13 digits of base 32.</summary>
    public static string Next() => string.Create(Length, Interlocked.Increment(ref _last), static (text, id) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(id & 31)];
            id >>>= 5;
        }
    });
}
