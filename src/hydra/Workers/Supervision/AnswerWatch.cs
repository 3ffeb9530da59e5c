using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <summary>What is to be done about a worker's answers.</summary>
internal enum AnswerStep
{
    /// <summary>Nothing: an answer may still come, or the next PING is not due.</summary>
    Wait,

    /// <summary>A PING is to be sent.</summary>
    Ask,

    /// <summary>It has not answered for too long. Said once.</summary>
    GiveUp,
}

/// <summary>Counts how long a worker owes an answer, in looks.</summary>
/// <param name="patience">Looks without an answer before it is given up.</param>
/// <param name="pause">Looks between an answer and the next PING, at least.</param>
internal sealed class AnswerWatch(int patience, int pause)
{
    private WorkerProbe? _answer;
    private bool _isAsked;
    private int _looks;

    /// <summary>Whether an answer is owed for longer than the pause between two.</summary>
    public bool IsLate => _isAsked && _looks > pause;

    /// <summary>To be called at a steady interval.</summary>
    /// <param name="answer">The worker's latest answer, or null.</param>
    public AnswerStep Look(WorkerProbe? answer)
    {
        _looks++;
        if (_isAsked && ReferenceEquals(answer, _answer))
        {
            return _looks == patience + 1 ? AnswerStep.GiveUp : AnswerStep.Wait;
        }

        if (_isAsked)
        {
            _isAsked = false;
            _looks = 0;
        }

        if (_looks < pause)
        {
            return AnswerStep.Wait;
        }

        _answer = answer;
        _isAsked = true;
        _looks = 0;
        return AnswerStep.Ask;
    }
}
