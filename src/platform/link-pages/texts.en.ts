import type { Texts } from "./page-texts.ts";

export const ENGLISH: Texts = {
  newPassword: "New password",
  repeatPassword: "The same again",
  showPasswords: "Show what I type",
  working: "One moment …",
  choose:
    "You did not register in this browser, so please choose a password for your account. Then press the button once more.",
  invalid:
    "This link is no longer valid: it has been used, replaced by a newer one, or has expired. Ask for a new one.",
  missing: "This page has lost its link. Open it once more from your mail.",
  mismatch: "The two passwords are not the same.",
  empty: "Please type the new password in both fields.",
  refused: "This password cannot be used. Please choose another one.",
  limited: "There were too many attempts. Please wait a little, then try again.",
  failed: "That did not work just now. Please try again shortly.",
  olderPassword: "Your password before the change",
  olderCode: "Or a code from your authenticator app",
  older:
    "This device was not known before the change. To undo it, give the password that you had a week ago, or a code from your authenticator app; or open the link on a device that you used then.",
  number: "The two-digit number that the waiting window shows",
  trustDevice: "Trust the device that is logging in. Tick this only if it is your own.",
  noNumber: "Please type the two digits that the window in which you are logging in shows.",
  wrongNumber:
    "That is not the number, so this login has ended. Log in again if it was you. If you have not just tried to log in, choose a new password on the login page: somebody else may know yours.",
  noScript: "This page needs JavaScript. Please switch it on, or open the link in another browser.",
  pages: {
    "verify-email": {
      title: "Confirm your e-mail address",
      ask: "You opened the link from our mail. Press the button to confirm that the address is yours.",
      actions: {
        verifyEmail: {
          button: "Confirm my address",
          done: "Thank you: {email} is confirmed. You can close this page and log in.",
        },
      },
    },
    "confirm-email-change": {
      title: "Confirm your new e-mail address",
      ask: "You opened the link from our mail. Press the button to confirm that the new address is yours.",
      actions: {
        confirmEmailChange: {
          button: "Confirm my address",
          done: "Thank you: {email} is confirmed, and your account has it now. You can close this page.",
        },
      },
    },
    "reset-password": {
      title: "Choose a new password",
      ask: "Choose a new password for your account. Every device that is signed in now will be signed out.",
      actions: {
        resetPassword: {
          button: "Set new password",
          done: "Your new password is set, and all devices are signed out. You can close this page and log in.",
        },
      },
    },
    "undo-email-change": {
      title: "Did you change your address?",
      ask: "The e-mail address of your account was changed, or is about to be. If that was you, press “Yes”: then nobody can take the change back. If it was not you, press “No”: your account gets its old address back, and every device is signed out. Either answer works on a device that you used before the change.",
      actions: {
        keepEmailChange: {
          button: "Yes, that was me",
          done: "Thank you. The change stays, and this link undoes nothing any more. You can close this page.",
        },
        undoEmailChange: {
          button: "No, undo the change",
          done: "Done: your account belongs to {email} again, and all devices are signed out. We have sent you a mail with the link to choose a new password.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If your account still has an address that is not yours, please get in touch with us.",
    },
    "confirm-login": {
      title: "Was that you?",
      ask: "Somebody has tried to log in to your account. Our mail says with which device, and from where. If that was you, just now, type the number that the window in which you are logging in shows, and press “Yes”. Otherwise press “No”: the login is refused, every device is signed out, and you choose a new password.",
      actions: {
        confirmLogin: {
          button: "Yes, it was me",
          done: "Thank you, the login is confirmed: {login}. Go back to where you wanted to log in. It goes on there by itself, and you can close this page.",
        },
        denyLogin: {
          button: "No, it was not me",
          done: "The login is refused, and all devices are signed out. We have sent you a mail with the link to choose a new password.",
        },
      },
      invalid:
        "This link is no longer valid: it has been answered, or has expired. If you still want to log in, begin once more. If somebody else tried to, choose a new password on the login page.",
    },
    "deny-login": {
      title: "Was that not you?",
      ask: "Our mail says what happened in your account, with which device, and from where. If that was you, close this page: there is nothing to do. If it was not you, press the button: every device is signed out, and you choose a new password.",
      actions: {
        denyLogin: {
          button: "No, that was not me",
          done: "All devices are signed out. We have sent you a mail with the link to choose a new password.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If somebody else may be in your account, choose a new password on the login page: that signs every device out.",
    },
    "cancel-factor-reset": {
      title: "Stop the reset of your second factors",
      ask: "Somebody asked us to reset the second factors of your account. If that was not you, press the button: they stay as they are.",
      actions: {
        cancelFactorReset: {
          button: "Stop the reset",
          done: "The reset is stopped. If you did not ask for it, choose a new password: somebody else knows it.",
        },
      },
    },
    "accept-invitation": {
      title: "Accept the invitation",
      ask: "You opened the link from our mail. Choose a password to accept the invitation.",
      actions: {
        acceptInvitation: {
          button: "Accept the invitation",
          done: "Welcome: {email} is confirmed, and your password is set. You can close this page and log in.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, replaced by a newer one, or has expired. Ask whoever invited you for a new one.",
    },
    activate: {
      title: "Activate your company’s account",
      ask: "You opened the link from our mail. Press the button only if it was you who registered the company.",
      actions: {
        verifyEmail: {
          button: "Activate the account",
          done: "Thank you: {email} is confirmed, and the account is active. You can close this page and log in.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If the account is not active yet, register the company once more.",
    },
  },
};
