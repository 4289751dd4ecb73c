using Confluent.Kafka;

namespace Cdp.Ingestion.Producing;

/// <summary>Counts the outstanding records of one request until Kafka has reported on all of them.</summary>
public sealed class Acknowledgement
{
    private readonly Action<Error> _failed;

    // Continuations must not run on the client's delivery thread, which all requests share.
    private readonly TaskCompletionSource<bool> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The client copies the message before Produce returns, so one instance serves all records.
    private readonly Message<byte[]?, byte[]> _message = new();

    // One more than the number of outstanding records until WaitAsync is called, so that the count cannot reach zero early.
    private int _outstanding = 1;
    private bool _anyFailed;

    /// <param name="failed">Receives the reason for every record that was not acknowledged.</param>
    public Acknowledgement(Action<Error> failed)
    {
        _failed = failed;
        Handler = report => Complete(report.Error);
    }

    /// <summary>The delivery handler to pass with every record of the request.</summary>
    public Action<DeliveryReport<byte[]?, byte[]>> Handler { get; }

    /// <summary>The message to produce next, valid until the next call. Not thread-safe: one thread produces all records of a request.</summary>
    public Message<byte[]?, byte[]> Message(byte[]? key, byte[] value, Headers headers)
    {
        (_message.Key, _message.Value, _message.Headers) = (key, value, headers);
        return _message;
    }

    /// <summary>Adds a record that is about to be produced.</summary>
    public void Expect() => Interlocked.Increment(ref _outstanding);

    /// <summary>Completes one record, successfully or with an error.</summary>
    public void Complete(Error error)
    {
        if (error.IsError)
        {
            Volatile.Write(ref _anyFailed, true);
            _failed(error);
        }
        CountDown();
    }

    /// <summary>Waits until all records are completed. Call it once, after the last <see cref="Expect"/>.</summary>
    /// <returns>True if every record was acknowledged; false if at least one failed.</returns>
    public Task<bool> WaitAsync()
    {
        CountDown();
        return _completed.Task;
    }

    private void CountDown()
    {
        if (Interlocked.Decrement(ref _outstanding) == 0) _completed.SetResult(!Volatile.Read(ref _anyFailed));
    }
}
