/**
 * The words of the console in Russian, key for key those of `english.ts`.
 */
import russian from "ra-language-russian";
import type { Text } from "./english.ts";

export const russianText: Text = {
  ra: {
    ...russian.ra,
    guesser: {
      empty: {
        title: "Нет данных для показа",
        message: "Проверьте источник данных",
      },
    },
  },
  stoa: {
    menu: {
      label: "Главное меню",
      stores: "Хранилища",
      noStores: "Хранилищ пока нет",
      administration: "Администрирование",
      users: "Пользователи",
      groups: "Группы",
      roles: "Роли",
      sessions: "Сеансы",
      definitions: "Хранилища и схемы",
      changes: "Изменения",
      health: "Состояние",
      backups: "Резервные копии",
      start: "С чего начать",
    },
    account: {
      menu: "Учётная запись",
      tokens: "Токены",
      profile: "Профиль",
      theme: "Светлое или тёмное",
      language: "Язык",
    },
    signIn: {
      title: "Вход",
      login: "Логин",
      password: "Пароль",
      submit: "Войти",
      hint: "Пароль первого администратора сервер показал при первом запуске.",
      refused: "Неверный логин или пароль.",
      wait: "Слишком много попыток. Повторите через %{seconds} с.",
    },
    state: {
      loading: "Загрузка",
      empty: "Здесь пока ничего нет",
      noMatch: "Этим условиям ничего не отвечает",
      clear: "Сбросить фильтры",
      offline: "Сервер недоступен. Подключение повторяется само.",
      online: "Есть связь",
      forbidden: "Ваша роль этого не позволяет: нужно право %{credential}.",
      missing: "Такой страницы нет, или она вам не видна.",
      retry: "Повторить",
      failed: "Не получилось",
    },
    table: {
      select: "Выбрать эту строку",
      columns: "Столбцы",
      firstColumns: "Выбрать за меня",
      filter: "Фильтр",
      field: "Поле",
      operator: "Оператор",
      value: "Значение",
      total: "%{figure} запись |||| %{figure} записи |||| %{figure} записей",
    },
    action: {
      copy: "Копировать",
      copied: "Скопировано",
      save: "Сохранить",
      cancel: "Отмена",
      close: "Закрыть",
      remove: "Удалить",
      create: "Создать",
      refresh: "Обновить",
      add: "Добавить",
      open: "Открыть",
      undo: "Отменить",
    },
  },
};
