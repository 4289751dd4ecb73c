using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>Keeps what a service logs of errors, those of the framework for exceptions that nobody handled among them.</summary>
internal sealed class ServiceLog : ILoggerProvider
{
    public ConcurrentQueue<string> Errors { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, Errors);

    public void Dispose()
    {
    }

    private sealed class Category(string name, ConcurrentQueue<string> errors) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error) errors.Enqueue($"{name}: {formatter(state, exception)} {exception}");
        }
    }
}
