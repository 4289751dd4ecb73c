using Microsoft.Extensions.Logging;

namespace Cdp.Streaming;

public sealed class StreamLoop<TView>(KafkaOptions kafka, StreamOptions options, Processor<TView> processor, TimeProvider time, Readiness readiness, ILoggerFactory loggers)
{
    public void Run(CancellationToken stopping) => throw new InvalidOperationException($"{kafka}{options}{processor}{time}{readiness}{loggers}");
}
