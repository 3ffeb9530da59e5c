namespace Hydra.Hosting;

/// <summary>The server cannot start; the message is a sentence for the user.</summary>
internal sealed class StartException(string message) : Exception(message);
