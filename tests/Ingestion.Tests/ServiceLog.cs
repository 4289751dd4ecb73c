using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Cdp.Ingestion.Tests;

/// <summary>Keeps the errors that a service logs, including those of the framework about unhandled exceptions.</summary>
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
